import { resources } from '@trestle/contracts';
import { operation, type View } from '@trestle/kernel';
import { z } from 'zod';
import { diffSchema } from '../diff/diff-schema.ts';

const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));

export const dataDiff = operation({
  id: 'data.diff',
  summary: 'Compare two versions: columns, rows, and how values are distributed.',
  kind: 'query',
  access: 'data:read',
  resource: ({ from, to }) => resources({ dataset: [from, to] }),
  positionals: ['from', 'to'],
  input: z.object({
    from: z.string().describe('The older one, dataset@version.'),
    to: z.string().describe('The newer one, dataset@version.'),
    key: z.string().optional().describe('A column that names a row: finds rows that changed.'),
  }),
  output: diffSchema,
  load: async () => (await import('../diff/diff-versions.ts')).diffVersions,
  present: (diff) => [
    {
      kind: 'facts',
      title: `${diff.from} to ${diff.to}`,
      facts: [
        ['columns added', list(diff.schema.added)],
        ['columns removed', list(diff.schema.removed)],
        ['types changed', list(diff.schema.retyped.map((one) => `${one.name} (${one.from} to ${one.to})`))],
        ['rows added', diff.rows.added],
        ['rows removed', diff.rows.removed],
        ['rows changed', diff.rows.by === 'row' ? 'name a key (--key) to see them' : diff.rows.changed],
      ],
    },
    {
      kind: 'table',
      title: 'columns',
      columns: [
        { key: 'name', label: 'column' },
        { key: 'distance', label: 'distance', align: 'right' },
        { key: 'changed', label: 'rows changed', align: 'right' },
        { key: 'nulls', label: 'missing' },
        { key: 'distinct', label: 'distinct' },
        { key: 'mean', label: 'mean' },
      ],
      rows: diff.columns.map((column) => ({
        name: column.name,
        distance: column.of ? `${column.distance} (${column.of})` : column.distance,
        changed: column.changed,
        nulls: between(column.nulls),
        distinct: `${column.approximate.includes('distinct') ? '≈ ' : ''}${between(column.distinct)}`,
        mean: between(column.mean),
      })),
    },
    ...(diff.columns.some(({ approximate }) => approximate.length > 0)
      ? [
          {
            kind: 'note',
            tone: 'info',
            text: '≈ is an estimate; everything without it is exact.',
          } satisfies View,
        ]
      : []),
    ...rowsView('added', diff.rows.examples.added),
    ...rowsView('removed', diff.rows.examples.removed),
    ...rowsView('changed', diff.rows.examples.changed),
  ],
});

const between = ({ from, to }: { readonly from: number | null; readonly to: number | null }): string =>
  from === null && to === null ? '' : from === to ? readable(from) : `${readable(from)} to ${readable(to)}`;

/** Six digits of what is no whole number: a mean has more than anybody reads. */
const readable = (value: number | null): string =>
  String(value === null || Number.isInteger(value) ? value : Number(value.toPrecision(6)));

const rowsView = (title: string, rows: readonly unknown[]): View[] =>
  rows.length === 0
    ? []
    : [
        {
          kind: 'table',
          title: `${title}, for example`,
          columns: [{ key: 'row', label: 'row' }],
          rows: rows.map((row) => ({ row: JSON.stringify(row) })),
        },
      ];
