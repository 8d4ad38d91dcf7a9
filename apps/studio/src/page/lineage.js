import { useState } from 'preact/hooks';
import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { Graph } from '../chart/graph.tsx';
import { pageOf, to } from '../route.ts';
import { Answer } from '../ui/answer.tsx';
import { Table } from '../ui/table.tsx';
import { useQuery } from '../use-query.ts';
/** Where something came from and what it went into: as a graph, and as a table of the same edges. */
export function LineagePage({ subject }) {
  const [text, setText] = useState(subject ?? '');
  const submit = (event) => {
    event.preventDefault();
    if (text.trim() !== '') location.hash = to('lineage', text.trim());
  };
  return _jsxs(_Fragment, {
    children: [
      _jsx('h1', { children: 'Lineage' }),
      _jsxs('form', {
        class: 'row',
        onSubmit: submit,
        children: [
          _jsxs('label', {
            children: [
              'Trace',
              ' ',
              _jsx('input', {
                value: text,
                placeholder: 'p-\u2026, r-\u2026, name@3, model:name@champion',
                onInput: (event) => setText(event.currentTarget.value),
              }),
            ],
          }),
          _jsx('button', { type: 'submit', children: 'Show' }),
        ],
      }),
      subject === undefined
        ? _jsx('p', { class: 'quiet', children: 'Name a prediction, run, model, dataset or deployment.' })
        : _jsx(Traced, { subject: subject }),
    ],
  });
}
function Traced({ subject }) {
  const trace = useQuery('trace', { ref: subject });
  return _jsx(Answer, {
    of: trace,
    children: (found) =>
      _jsxs(_Fragment, {
        children: [
          _jsx(Graph, {
            about: `Lineage of ${found.ref}`,
            says: `${found.nodes.length} things and ${found.edges.length} steps; the table below lists them`,
            nodes: found.nodes,
            edges: found.edges,
            here: found.ref,
            hrefOf: pageOf,
          }),
          found.truncated
            ? _jsx('p', { class: 'quiet', children: 'There is more than is shown here.' })
            : null,
          _jsx('h2', { children: 'Steps' }),
          _jsx(Table, {
            caption: `Edges of the lineage of ${found.ref}`,
            rows: found.edges,
            columns: [
              { label: 'From', cell: (edge) => _jsx('a', { href: pageOf(edge.from), children: edge.from }) },
              { label: 'What was done', cell: (edge) => edge.kind },
              { label: 'To', cell: (edge) => _jsx('a', { href: pageOf(edge.to), children: edge.to }) },
            ],
          }),
        ],
      }),
  });
}
