import { useEffect, useRef, useState } from 'preact/hooks';
import { FEATURES, SECTIONS } from './features.ts';
import type { Place } from './frame/feature.ts';
import { to } from './frame/route.ts';

const MOST_SHOWN = 12;

/** Goes to any page, object or operation by a part of its name: Ctrl-K, letters, arrows, Enter. */
export function CommandPalette() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  const open = (): void => {
    setIsOpen(true);
    dialog.current?.showModal();
  };
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      if (!dialog.current?.open) open();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
  return (
    <>
      <button type="button" class="palette-button" onClick={open}>
        Go to… <kbd>Ctrl K</kbd>
      </button>
      <dialog class="palette" ref={dialog} aria-label="Go to" onClose={() => setIsOpen(false)}>
        {isOpen ? <Finder leave={() => dialog.current?.close()} /> : null}
      </dialog>
    </>
  );
}

function Finder({ leave }: { leave: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const { places, missing } = usePlaces();
  const found = matching(places, text).slice(0, MOST_SHOWN);
  const chosen = found[Math.min(at, found.length - 1)];
  const go = (place: Place | undefined): void => {
    if (!place) return;
    leave();
    location.hash = place.href;
  };
  const pressed = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') go(chosen);
    else if (event.key === 'ArrowDown') setAt(Math.min(at + 1, found.length - 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input
        type="text"
        role="combobox"
        aria-label="A part of the name"
        aria-expanded="true"
        aria-controls="places"
        {...(chosen ? { 'aria-activedescendant': idOf(chosen) } : {})}
        placeholder="A page, dataset, model, run, operation…"
        autocomplete="off"
        value={text}
        ref={(element) => element?.focus()}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={pressed}
      />
      <div role="listbox" id="places" aria-label="Places">
        {found.map((place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard stays in the field, which says what is chosen.
          <div
            key={place.href}
            role="option"
            id={idOf(place)}
            tabIndex={-1}
            aria-selected={place === chosen}
            onClick={() => go(place)}
          >
            <bdi>{place.name}</bdi> <span class="quiet">{place.kind}</span>
          </div>
        ))}
      </div>
      <p class="quiet" role="status">
        {found.length === 0 ? 'Nothing has that in its name.' : ''}
        {missing.length === 0 ? '' : ` Not looked through: ${missing.join(', ')}.`}
      </p>
    </>
  );
}

const idOf = ({ href }: Place): string => `place-${encodeURIComponent(href)}`;

/** Names that begin so come before those that only hold it; pages before objects, which come in the order of the sections. */
function matching(places: readonly Place[], text: string): readonly Place[] {
  const wanted = text.trim().toLowerCase();
  const rank = ({ name }: Place): number => {
    const at = name.toLowerCase().indexOf(wanted);
    return at === 0 ? 0 : /[^a-z0-9]/i.test(name[at - 1] ?? 'x') ? 1 : 2;
  };
  return places
    .filter(({ name, kind }) => `${name} ${kind}`.toLowerCase().includes(wanted))
    .toSorted((a, b) => rank(a) - rank(b));
}

const PAGES: readonly Place[] = SECTIONS.map(({ section, title }) => ({
  name: title,
  kind: 'page',
  href: to(section),
}));

/** Everything that can be gone to, as far as whoever asks may see it. */
function usePlaces(): { readonly places: readonly Place[]; readonly missing: readonly string[] } {
  const [places, setPlaces] = useState(PAGES);
  const [missing, setMissing] = useState<readonly string[]>([]);
  useEffect(() => {
    let isGone = false;
    for (const { title, places: find } of FEATURES) {
      find?.().then(
        (more) => {
          if (!isGone) setPlaces((before) => [...before, ...more]);
        },
        () => {
          if (!isGone) setMissing((before) => [...before, title]);
        },
      );
    }
    return () => {
      isGone = true;
    };
  }, []);
  return { places, missing };
}
