import { useRef, useState } from 'preact/hooks';
import type { DatasetVersion, QueryAnswer } from '../answers.ts';
import { ApiError, call } from '../api.ts';
import { count, plural } from '../format.ts';
import { Answer, Empty, Failure } from '../ui/answer.tsx';
import { Table } from '../ui/table.tsx';
import { useQuery } from '../use-query.ts';

/** What was written last, for this tab. */
const KEPT = 'trestle-query';
const MOST_ROWS = 500;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A query of a person over versions: read-only, judged and limited by the server. */
export function QueryPage() {
  const [sql, setSql] = useState(sessionStorage.getItem(KEPT) ?? '');
  const [state, setState] = useState<{ answer?: QueryAnswer; error?: ApiError; ms?: number }>({});
  const [isBusy, setIsBusy] = useState(false);
  const editor = useRef<HTMLTextAreaElement>(null);
  const running = useRef<AbortController>(undefined);

  const write = (text: string): void => {
    setSql(text);
    sessionStorage.setItem(KEPT, text);
  };
  /** Puts a name where the cursor is. */
  const insert = (name: string): void => {
    const { selectionStart = sql.length, selectionEnd = sql.length } = editor.current ?? {};
    write(`${sql.slice(0, selectionStart)}${quoted(name)}${sql.slice(selectionEnd)}`);
    editor.current?.focus();
  };
  const run = async (): Promise<void> => {
    if (sql.trim() === '' || isBusy) return;
    running.current = new AbortController();
    setIsBusy(true);
    const start = performance.now();
    try {
      const input = { sql, limit: MOST_ROWS };
      const answer = await call<QueryAnswer>('data.query', input, running.current.signal);
      setState({ answer, ms: performance.now() - start });
    } catch (cause) {
      if (cause instanceof ApiError) setState({ error: cause });
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
                if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void run();
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
          {state.answer ? <Rows answer={state.answer} ms={state.ms ?? 0} /> : null}
        </div>
        <Tables insert={insert} />
      </div>
    </>
  );
}

const shown = (value: unknown): string =>
  value === null || value === undefined
    ? '–'
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value);

function Rows({ answer: { columns, rows, truncated }, ms }: { answer: QueryAnswer; ms: number }) {
  return (
    <>
      <h2>Result</h2>
      <p class="quiet" role="status">
        {plural(rows.length, 'row')}
        {truncated ? ', and there are more' : ''}, in {count(ms)} ms
      </p>
      {rows.length === 0 ? null : (
        <Table
          caption="Rows of the result"
          rows={rows}
          columns={columns.map(({ name }) => ({
            label: name,
            isNumber: rows.every((row) => typeof (row[name] ?? 0) === 'number'),
            cell: (row: QueryAnswer['rows'][number]) => shown(row[name]),
          }))}
        />
      )}
    </>
  );
}

/** What can be asked: the newest version of each dataset, and its columns when it is opened. */
function Tables({ insert }: { insert: (name: string) => void }) {
  const list = useQuery<{ datasets: DatasetVersion[] }>('data.list');
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
  const version = useQuery<{ columns: { name: string; type: string }[] }>('data.show', { name: dataset });
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
