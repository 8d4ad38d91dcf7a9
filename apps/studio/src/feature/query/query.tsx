import { type TrestleError, toTrestleError } from '@trestle/kernel/spec';
import { useRef, useState } from 'preact/hooks';
import { type Output, server } from '../../frame/server.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer, Empty, Failure } from '../../ui/answer.tsx';
import { QueryTable } from './query-table.tsx';

/** What was written last, for this tab. */
const KEPT = 'trestle-query';
const MOST_ROWS = 500;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A query of a person over versions: read-only, judged and limited by the server. */
export function QueryPage({ subject }: { subject: string | undefined }) {
  const [sql, setSql] = useState(
    subject === undefined
      ? (sessionStorage.getItem(KEPT) ?? '')
      : `SELECT * FROM ${quoted(subject)} LIMIT 100`,
  );
  const [state, setState] = useState<{
    answer?: Output<'data.query'>;
    error?: TrestleError;
    ms?: number;
    isStopped?: boolean;
  }>({});
  const [isBusy, setIsBusy] = useState(false);
  const editor = useRef<HTMLTextAreaElement>(null);
  const running = useRef<AbortController>(undefined);

  const write = (text: string): void => {
    setSql(text);
    sessionStorage.setItem(KEPT, text);
  };
  /** Puts a name where the cursor is, and leaves the cursor behind it. */
  const insert = (name: string): void => {
    const { current } = editor;
    if (!current) return;
    current.focus();
    current.setRangeText(quoted(name), current.selectionStart, current.selectionEnd, 'end');
    write(current.value);
  };
  const run = async (): Promise<void> => {
    if (sql.trim() === '' || isBusy) return;
    const gone = new AbortController();
    running.current = gone;
    setIsBusy(true);
    const start = performance.now();
    try {
      const answer = await server.data.query({ sql, limit: MOST_ROWS }, { signal: gone.signal });
      setState({ answer, ms: performance.now() - start });
    } catch (cause) {
      if (gone.signal.aborted) setState({ isStopped: true });
      else
        setState({
          error: toTrestleError(cause),
        });
    } finally {
      setIsBusy(false);
    }
  };

  return (
    <>
      <h1>Query</h1>
      <div class="beside">
        <div>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void run();
            }}
          >
            <label for="sql">One SELECT over datasets, as tables by their names</label>
            <textarea
              id="sql"
              ref={editor}
              rows={7}
              spellcheck={false}
              value={sql}
              placeholder={'SELECT size, count(*) FROM strikes GROUP BY size'}
              onInput={(event) => write(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
                event.preventDefault();
                void run();
              }}
            />
            <div class="row">
              <button type="submit" class="primary" disabled={isBusy}>
                {isBusy ? 'Running…' : 'Run'}
              </button>
              {isBusy ? (
                <button type="button" onClick={() => running.current?.abort()}>
                  Stop
                </button>
              ) : null}
              <span class="quiet">or Ctrl + Enter</span>
            </div>
          </form>
          {state.error ? <Failure error={state.error} /> : null}
          {state.isStopped ? <p role="status">It was stopped.</p> : null}
          {state.answer ? <QueryTable answer={state.answer} ms={state.ms ?? 0} /> : null}
        </div>
        <Tables insert={insert} />
      </div>
    </>
  );
}

/** What can be asked: the newest version of each dataset, and its columns when it is opened. */
function Tables({ insert }: { insert: (name: string) => void }) {
  const list = useQuery('data.list', {});
  return (
    <aside aria-label="Datasets">
      <h2>Datasets</h2>
      <Answer of={list}>
        {({ datasets }) => {
          const names = [...new Set(datasets.map(({ dataset }) => dataset))];
          return names.length === 0 ? (
            <Empty command="trestle data add FILE --name NAME">No datasets yet.</Empty>
          ) : (
            names.map((name) => <Columns key={name} dataset={name} insert={insert} />)
          );
        }}
      </Answer>
    </aside>
  );
}

function Columns({ dataset, insert }: { dataset: string; insert: (name: string) => void }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details class="card" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>{dataset}</summary>
      <button type="button" onClick={() => insert(dataset)}>
        Insert the name
      </button>
      {isOpen ? <ColumnList dataset={dataset} insert={insert} /> : null}
    </details>
  );
}

function ColumnList({ dataset, insert }: { dataset: string; insert: (name: string) => void }) {
  const version = useQuery('data.show', { name: dataset });
  return (
    <Answer of={version}>
      {({ columns }) => (
        <ul class="plain">
          {columns.map(({ name, type }) => (
            <li key={name}>
              <button type="button" class="link" title={name} onClick={() => insert(name)}>
                <bdi>{name}</bdi>
              </button>{' '}
              <span class="quiet">{type}</span>
            </li>
          ))}
        </ul>
      )}
    </Answer>
  );
}
