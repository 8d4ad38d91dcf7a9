import { resource } from '@trestle/contracts';
import { operation, type View } from '@trestle/kernel';
import { z } from 'zod';
import { type ColumnProfile, profileSchema } from '../profile/profile-schema.ts';

const BLOCKS = '▁▂▃▄▅▆▇█';

/** A histogram in one line. */
function sparkline(counts: readonly number[]): string {
  const most = Math.max(...counts, 1);
  return counts
    .map((count) => (count === 0 ? ' ' : (BLOCKS[Math.min(7, Math.floor((count / most) * 8))] ?? '█')))
    .join('');
}

/** A number, marked where it is an estimate. */
const about = (
  column: ColumnProfile,
  what: ColumnProfile['approximate'][number],
  value: number | null,
): number | string | null =>
  value === null || !column.approximate.includes(what)
    ? value
    : `≈ ${value.toLocaleString('en-US', { maximumSignificantDigits: 6 })}`;

export const dataProfile = operation({
  id: 'data.profile',
  summary: 'Statistics of every column of a version.',
  kind: 'query',
  access: 'data:read',
  resource: ({ name }) => resource('dataset', name),
  positionals: ['name'],
  input: z.object({
    name: z.string().describe('Dataset, or dataset@version.'),
    target: z
      .string()
      .optional()
      .describe('A column to predict: warns of columns that alone nearly tell it.'),
    html: z.string().optional().describe('Also write a report with pictures to this file.'),
  }),
  output: profileSchema,
  load: async () => {
    const { profileVersion } = await import('../profile/profile-version.ts');
    return profileVersion;
  },
  present: (profile) => [
    {
      kind: 'table',
      title: `${profile.dataset}@${profile.version}: ${profile.rows.toLocaleString('en-US')} rows`,
      columns: [
        { key: 'name', label: 'column' },
        { key: 'type', label: 'type' },
        { key: 'meaning', label: 'meaning' },
        { key: 'missing', label: 'missing', align: 'right' },
        { key: 'distinct', label: 'distinct', align: 'right' },
        { key: 'min', label: 'min' },
        { key: 'median', label: 'median', align: 'right' },
        { key: 'max', label: 'max' },
        { key: 'shape', label: 'distribution' },
      ],
      rows: profile.columns.map((column) => ({
        name: column.name,
        type: column.type,
        meaning: [column.semantic, column.isPersonal ? '(personal)' : undefined].filter(Boolean).join(' '),
        missing: `${((100 * column.nulls) / Math.max(1, profile.rows)).toFixed(1)} %`,
        distinct: about(column, 'distinct', column.distinct),
        min: column.min,
        median: about(column, 'quantiles', column.quantiles?.['0.5'] ?? null),
        max: column.max,
        shape:
          column.histogram.length > 0
            ? sparkline(column.histogram.map((bin) => bin.count))
            : column.top
                .slice(0, 3)
                .map((top) => `${top.value} ${Math.round((100 * top.count) / Math.max(1, column.count))} %`)
                .join(', '),
      })),
    },
    ...(profile.columns.some(({ approximate }) => approximate.length > 0)
      ? [
          {
            kind: 'note',
            tone: 'info',
            text: '≈ is an estimate; everything without it is exact. "approximate" of --json names the estimates of each column.',
          } satisfies View,
        ]
      : []),
    ...(profile.leaks ?? []).map(
      ({ column, score }): View => ({
        kind: 'note',
        tone: 'warn',
        text: `"${column}" alone nearly tells the target (${Math.round(100 * score)} % of what can be known${profile.sampledRows === undefined ? '' : `, in a sample of ${profile.sampledRows.toLocaleString('en-US')} rows`}): leave it out, or make sure that it is known in time.`,
      }),
    ),
    ...(profile.html === undefined
      ? []
      : [{ kind: 'note', tone: 'good', text: `The report is in ${profile.html}.` } satisfies View]),
  ],
});
