import { useEffect, useRef } from 'preact/hooks';
import { CommandPalette } from './command-palette.tsx';
import { FEATURES, SECTIONS } from './features.ts';
import { useConnection } from './frame/connection.ts';
import { useNotice } from './frame/notice.ts';
import { to, useRoute } from './frame/route.ts';
import { useQuery } from './frame/use-query.ts';
import { Empty } from './ui/answer.tsx';
import { SignIn } from './ui/sign-in.tsx';

export function App() {
  const [section = 'overview', ...segments] = useRoute();
  const address = [section, ...segments].join('/');
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const connection = useConnection();
  const notice = useNotice();
  const feature = FEATURES.find((one) => one.section === section);

  useEffect(() => {
    document.title = `${segments[0] ?? feature?.title ?? section} · Trestle Studio`;
    // A new page is read out from its start; the first one is not taken the focus from the address bar for.
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [address]);

  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header>
        <a class="brand" href={to()}>
          <img src="./icon.svg" alt="" width="24" height="24" /> Trestle
        </a>
        <nav aria-label="Sections">
          {SECTIONS.map((one) => (
            <Link key={one.section} href={to(one.section)} isHere={one === feature}>
              {one.title}
            </Link>
          ))}
          <AddedPages here={address} />
        </nav>
        <span class="aside row">
          <CommandPalette />
          <a href="./docs/">API</a>
        </span>
      </header>
      {connection === 'offline' ? (
        <p class="banner warn" role="status">
          The server does not answer. What you see may be old; it is asked again every few seconds.
        </p>
      ) : null}
      <main id="main" ref={main} tabIndex={-1} key={address}>
        {connection === 'unknown-caller' ? (
          <SignIn />
        ) : (
          (feature?.page(segments) ?? <NoPage section={section} />)
        )}
      </main>
      <p class={notice === '' ? 'unseen' : 'notice'} role="status">
        {notice}
      </p>
    </>
  );
}

const Link = ({ href, isHere, children }: { href: string; isHere: boolean; children: string }) => (
  <a href={href} {...(isHere ? { 'aria-current': 'page' as const } : {})}>
    {children}
  </a>
);

/** The pages of plugins, behind those of the Studio. */
function AddedPages({ here }: { here: string }) {
  const list = useQuery('panel.list', {}, { isFixed: true });
  return (
    <>
      {(list.data?.panels ?? [])
        .filter(({ on }) => on === 'page')
        .map(({ name, title }) => (
          <Link key={name} href={to('extensions', name)} isHere={here === `extensions/${name}`}>
            {title}
          </Link>
        ))}
    </>
  );
}

const NoPage = ({ section }: { section: string }) => (
  <>
    <h1>No such page</h1>
    <Empty>There is no page “{section}”. The sections above lead to what there is.</Empty>
  </>
);
