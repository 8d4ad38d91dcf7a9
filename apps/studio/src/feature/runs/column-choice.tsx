import { useState } from 'preact/hooks';
import { type Columns, columnsOf, type RunView } from './run-view.ts';

/** Names that are listed at once; the others are found by a part of them. */
const LISTED = 100;

/** Which columns are pinned to the left, and which are hidden. */
export function ColumnChoice(props: {
  view: RunView;
  columns: Columns;
  change: (changes: Readonly<Record<string, string>>) => void;
}) {
  const { view, columns, change } = props;
  const [part, setPart] = useState('');
  const [isOpen, setIsOpen] = useState(false);
  const all = isOpen ? columnsOf({ ...view, hidden: [] }, columns) : [];
  const found = all.filter(({ key }) => key.toLowerCase().includes(part.toLowerCase()));
  const toggled = (keys: readonly string[], key: string): string =>
    (keys.includes(key) ? keys.filter((one) => one !== key) : [...keys, key]).join('\n');
  return (
    <details class="card" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>Columns</summary>
      <p class="row">
        <label>
          Find <input value={part} onInput={(event) => setPart(event.currentTarget.value)} />
        </label>
        {view.hidden.length + view.pinned.length === 0 ? null : (
          <button type="button" onClick={() => change({ hide: '', pin: '' })}>
            Show all, pin none
          </button>
        )}
      </p>
      <ul class="plain column-list">
        {found.slice(0, LISTED).map(({ key }) => (
          <li key={key} class="row">
            <label>
              <input
                type="checkbox"
                checked={!view.hidden.includes(key)}
                onChange={() => change({ hide: toggled(view.hidden, key) })}
              />{' '}
              <bdi>{key}</bdi>
            </label>
            <label class="quiet">
              <input
                type="checkbox"
                checked={view.pinned.includes(key)}
                aria-label={`pin ${key}`}
                onChange={() => change({ pin: toggled(view.pinned, key) })}
              />{' '}
              pinned
            </label>
          </li>
        ))}
      </ul>
      {found.length > LISTED ? <p class="quiet">{`and ${found.length - LISTED} more`}</p> : null}
    </details>
  );
}
