import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { queryResultSchema } from '../query/query-messages.ts';

/** A cell of the table that a person sees. */
const cell = (value: unknown): string | number | boolean | null =>
  value === null || value === undefined
    ? null
    : typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string'
      ? value
      : JSON.stringify(value);

export const dataQuery = operation({
  id: 'data.query',
  summary: 'Ask a read-only SQL query over datasets and versions, as tables by their names.',
  kind: 'query',
  access: 'data:read',
  positionals: ['sql'],
  input: z.object({
    sql: z
      .string()
      .min(1)
      .max(100_000)
      .describe(
        'One SELECT. A dataset is a table (its newest version); "name@2" in double quotes is a version.',
      ),
    limit: z.number().int().min(1).max(100_000).default(1_000).describe('The most rows that come back.'),
  }),
  output: queryResultSchema,
  load: async () => (await import('../query/run-query.ts')).runQuery,
  present: ({ columns, rows, truncated }) => [
    {
      kind: 'table',
      columns: columns.map(({ name }) => ({ key: name, label: name })),
      rows: rows.map((row) => Object.fromEntries(columns.map(({ name }) => [name, cell(row[name])]))),
    },
    {
      kind: 'note',
      tone: 'info',
      text: `${rows.length.toLocaleString('en-US')} ${rows.length === 1 ? 'row' : 'rows'}${truncated ? '; there are more (see --limit)' : ''}`,
    },
  ],
});
