import { useEffect, useRef } from 'preact/hooks';
import { useConnection } from './connection.ts';
import { useNotice } from './notice.ts';
import { AuditPage } from './page/audit.tsx';
import { ComparePage } from './page/compare.tsx';
import { DatasetPage } from './page/dataset.tsx';
import { DatasetsPage } from './page/datasets.tsx';
import { DeploymentPage } from './page/deployment.tsx';
import { DeploymentsPage } from './page/deployments.tsx';
import { JobsPage } from './page/jobs.tsx';
import { LineagePage } from './page/lineage.tsx';
import { ModelPage, ModelsPage } from './page/models.tsx';
import { OverviewPage } from './page/overview.tsx';
import { PipelinePage, PipelinesPage } from './page/pipelines.tsx';
import { QueryPage } from './page/query.tsx';
import { RunPage, RunsPage } from './page/runs.tsx';
import { to, useRoute } from './route.ts';
import { Empty } from './ui/answer.tsx';
import { SignIn } from './ui/sign-in.tsx';

const SECTIONS = [
  'overview',
  'datasets',
  'query',
  'pipelines',
  'runs',
  'models',
  'deployments',
  'lineage',
  'jobs',
  'audit',
] as const;

function page(section: string, name: string | undefined, [other, key]: readonly string[]) {
  switch (section) {
    case 'overview':
      return <OverviewPage />;
    case 'datasets':
      if (name !== undefined && other !== undefined) return <ComparePage from={other} to={name} by={key} />;
      return name === undefined ? <DatasetsPage /> : <DatasetPage name={name} />;
    case 'query':
      return <QueryPage subject={name} />;
    case 'pipelines':
      return name === undefined ? <PipelinesPage /> : <PipelinePage name={name} chosen={other} />;
    case 'runs':
      return name === undefined ? <RunsPage /> : <RunPage id={name} />;
    case 'models':
      return name === undefined ? <ModelsPage /> : <ModelPage name={name} />;
    case 'deployments':
      return name === undefined ? <DeploymentsPage /> : <DeploymentPage name={name} />;
    case 'lineage':
      return <LineagePage subject={name} />;
    case 'jobs':
      return <JobsPage />;
    case 'audit':
      return <AuditPage />;
    default:
      return (
        <>
          <h1>No such page</h1>
          <Empty>There is no page “{section}”. The sections above lead to what there is.</Empty>
        </>
      );
  }
}

export function App() {
  const [section = 'overview', name, ...more] = useRoute();
  const address = [section, name, ...more].join('/');
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const connection = useConnection();
  const notice = useNotice();
  const title = section[0]?.toUpperCase() + section.slice(1);

  useEffect(() => {
    document.title = `${name ?? title} · Trestle Studio`;
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
          {SECTIONS.map((each) => (
            <a key={each} href={to(each)} {...(each === section ? { 'aria-current': 'page' as const } : {})}>
              {each[0]?.toUpperCase()}
              {each.slice(1)}
            </a>
          ))}
        </nav>
        <a class="aside" href="./docs/">
          API
        </a>
      </header>
      {connection === 'offline' ? (
        <p class="banner warn" role="status">
          The server does not answer. What you see may be old; it is asked again every few seconds.
        </p>
      ) : null}
      <main id="main" ref={main} tabIndex={-1} key={address}>
        {connection === 'unknown-caller' ? <SignIn /> : page(section, name, more)}
      </main>
      <p class={notice === '' ? 'unseen' : 'notice'} role="status">
        {notice}
      </p>
    </>
  );
}
