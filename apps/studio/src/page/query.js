import { useRef, useState } from 'preact/hooks';
import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { ApiError, call } from '../api.ts';
import { Answer, Empty, Failure } from '../ui/answer.tsx';
import { QueryTable } from '../ui/query-table.tsx';
import { useQuery } from '../use-query.ts';

/** What was written last, for this tab. */
const KEPT = 'trestle-query';
const MOST_ROWS = 500;
const quoted = (name) => `"${name.replaceAll('"', '""')}"`;
/** A query of a person over versions: read-only, judged and limited by the server. */
export function QueryPage({ subject }) {
  const [sql, setSql] = useState(
    subject === undefined
      ? (sessionStorage.getItem(KEPT) ?? '')
      : `SELECT * FROM ${quoted(subject)} LIMIT 100`,
  );
  const [state, setState] = useState({});
  const [isBusy, setIsBusy] = useState(false);
  const editor = useRef(null);
  const running = useRef(undefined);
  const write = (text) => {
    setSql(text);
    sessionStorage.setItem(KEPT, text);
  };
  /** Puts a name where the cursor is, and leaves the cursor behind it. */
  const insert = (name) => {
    const { current } = editor;
    if (!current) return;
    current.focus();
    current.setRangeText(quoted(name), current.selectionStart, current.selectionEnd, 'end');
    write(current.value);
  };
  const run = async () => {
    if (sql.trim() === '' || isBusy) return;
    const gone = new AbortController();
    running.current = gone;
    setIsBusy(true);
    const start = performance.now();
    try {
      const answer = await call('data.query', { sql, limit: MOST_ROWS }, gone.signal);
      setState({ answer, ms: performance.now() - start });
    } catch (cause) {
      if (gone.signal.aborted) setState({ isStopped: true });
      else
        setState({
          error: cause instanceof ApiError ? cause : new ApiError(0, 'TRS_STUDIO', String(cause), ''),
        });
    } finally {
      setIsBusy(false);
    }
  };
  return _jsxs(_Fragment, {
    children: [
      _jsx('h1', { children: 'Query' }),
      _jsxs('div', {
        class: 'beside',
        children: [
          _jsxs('div', {
            children: [
              _jsxs('form', {
                onSubmit: (event) => {
                  event.preventDefault();
                  void run();
                },
                children: [
                  _jsx('label', {
                    for: 'sql',
                    children: 'One SELECT over datasets, as tables by their names',
                  }),
                  _jsx('textarea', {
                    id: 'sql',
                    ref: editor,
                    rows: 7,
                    spellcheck: false,
                    value: sql,
                    placeholder: 'SELECT size, count(*) FROM strikes GROUP BY size',
                    onInput: (event) => write(event.currentTarget.value),
                    onKeyDown: (event) => {
                      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
                      event.preventDefault();
                      void run();
                    },
                  }),
                  _jsxs('div', {
                    class: 'row',
                    children: [
                      _jsx('button', {
                        type: 'submit',
                        class: 'primary',
                        disabled: isBusy,
                        children: isBusy ? 'Running…' : 'Run',
                      }),
                      isBusy
                        ? _jsx('button', {
                            type: 'button',
                            onClick: () => running.current?.abort(),
                            children: 'Stop',
                          })
                        : null,
                      _jsx('span', { class: 'quiet', children: 'or Ctrl + Enter' }),
                    ],
                  }),
                ],
              }),
              state.error ? _jsx(Failure, { error: state.error }) : null,
              state.isStopped ? _jsx('p', { role: 'status', children: 'It was stopped.' }) : null,
              state.answer ? _jsx(QueryTable, { answer: state.answer, ms: state.ms ?? 0 }) : null,
            ],
          }),
          _jsx(Tables, { insert: insert }),
        ],
      }),
    ],
  });
}
/** What can be asked: the newest version of each dataset, and its columns when it is opened. */
function Tables({ insert }) {
  const list = useQuery('data.list');
  return _jsxs('aside', {
    'aria-label': 'Datasets',
    children: [
      _jsx('h2', { children: 'Datasets' }),
      _jsx(Answer, {
        of: list,
        children: ({ datasets }) => {
          const names = [...new Set(datasets.map(({ dataset }) => dataset))];
          return names.length === 0
            ? _jsx(Empty, { command: 'trestle data add FILE --name NAME', children: 'No datasets yet.' })
            : names.map((name) => _jsx(Columns, { dataset: name, insert: insert }, name));
        },
      }),
    ],
  });
}
function Columns({ dataset, insert }) {
  const [isOpen, setIsOpen] = useState(false);
  return _jsxs('details', {
    class: 'card',
    onToggle: (event) => setIsOpen(event.currentTarget.open),
    children: [
      _jsx('summary', { children: dataset }),
      _jsx('button', { type: 'button', onClick: () => insert(dataset), children: 'Insert the name' }),
      isOpen ? _jsx(ColumnList, { dataset: dataset, insert: insert }) : null,
    ],
  });
}
function ColumnList({ dataset, insert }) {
  const version = useQuery('data.show', { name: dataset });
  return _jsx(Answer, {
    of: version,
    children: ({ columns }) =>
      _jsx('ul', {
        class: 'plain',
        children: columns.map(({ name, type }) =>
          _jsxs(
            'li',
            {
              children: [
                _jsx('button', {
                  type: 'button',
                  class: 'link',
                  title: name,
                  onClick: () => insert(name),
                  children: _jsx('bdi', { children: name }),
                }),
                ' ',
                _jsx('span', { class: 'quiet', children: type }),
              ],
            },
            name,
          ),
        ),
      }),
  });
}
