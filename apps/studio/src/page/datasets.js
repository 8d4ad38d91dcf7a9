import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { ago, count } from '../format.ts';
import { to } from '../route.ts';
import { Answer, Empty } from '../ui/answer.tsx';
import { Time } from '../ui/badge.tsx';
import { Table } from '../ui/table.tsx';
import { useQuery } from '../use-query.ts';
/** `strikes@3` */
export const reference = (version) => `${version.dataset}@${version.version}`;
export function DatasetsPage() {
  const list = useQuery('data.list');
  return _jsxs(_Fragment, {
    children: [
      _jsx('h1', { children: 'Datasets' }),
      _jsx(Answer, {
        of: list,
        children: ({ datasets }) =>
          datasets.length === 0
            ? _jsx(Empty, { command: 'trestle data add FILE --name NAME', children: 'No datasets yet.' })
            : _jsx(Versions, { versions: datasets }),
      }),
    ],
  });
}
export const Versions = ({ versions }) =>
  _jsx(Table, {
    caption: 'Dataset versions',
    rows: versions,
    columns: [
      {
        label: 'Version',
        cell: (version) =>
          _jsx('a', { href: to('datasets', reference(version)), children: reference(version) }),
      },
      { label: 'Rows', isNumber: true, cell: (version) => count(version.rows) },
      { label: 'Source', cell: (version) => version.source },
      {
        label: 'Added',
        cell: (version) => _jsx(Time, { at: version.createdAt, text: ago(version.createdAt) }),
      },
      { label: 'Digest', cell: (version) => _jsx('code', { children: version.digest.slice(0, 12) }) },
    ],
  });
