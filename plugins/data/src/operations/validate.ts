import { NAME_PATTERN, resources } from '@trestle/contracts';
import { operation, type View } from '@trestle/kernel';
import { z } from 'zod';
import { reportSchema } from '../config/suite.ts';

export const dataValidate = operation({
  id: 'data.validate',
  summary: 'Check a version against expectations; exit 3 when one fails.',
  kind: 'job',
  access: 'data:write',
  resource: ({ name, quarantine }) => resources({ dataset: [name, quarantine] }),
  positionals: ['name'],
  input: z.object({
    name: z.string().describe('Dataset, or dataset@version.'),
    suite: z
      .string()
      .optional()
      .describe('A file with expectations; expectations/NAME.json of the project when left out.'),
    quarantine: z
      .string()
      .regex(NAME_PATTERN, 'use letters, digits, dots, dashes and underscores')
      .optional()
      .describe('Keep failing rows as a dataset of this name.'),
  }),
  output: reportSchema.extend({
    dataset: z.string(),
    version: z.number(),
    quarantined: z.object({ dataset: z.string(), version: z.number(), rows: z.number() }).optional(),
  }),
  load: async () => (await import('./validate-handler.ts')).validate,
  verdict: (report) => report.passed,
  present: (report) => [
    {
      kind: 'table',
      title: `${report.dataset}@${report.version}: ${report.rows.toLocaleString('en-US')} rows`,
      columns: [
        { key: 'verdict', label: '' },
        { key: 'expectation', label: 'expectation' },
        { key: 'failures', label: 'failing rows', align: 'right' },
        { key: 'found', label: 'found', align: 'right' },
        ...(report.results.some(({ reason }) => reason !== undefined)
          ? [{ key: 'reason', label: 'why' }]
          : []),
      ],
      rows: report.results.map(({ expectation, failures, observed, of, reason, ...result }) => ({
        expectation,
        reason,
        failures,
        found: observed === undefined ? '' : `${Number(observed.toPrecision(4))}${of ? ` of ${of}` : ''}`,
        verdict: result.passed ? 'ok' : result.severity === 'warn' ? 'warns' : 'fails',
      })),
    },
    ...report.results
      .filter((result) => result.examples.length > 0)
      .map(
        (result): View => ({
          kind: 'table',
          title: result.expectation,
          columns: [
            { key: 'row', label: 'row', align: 'right' },
            { key: 'values', label: 'values' },
          ],
          rows: result.examples.map((example) => ({
            row: example.row,
            values: JSON.stringify(example.values),
          })),
        }),
      ),
    {
      kind: 'note',
      tone: report.passed ? 'good' : 'bad',
      text: report.passed ? 'Every expectation holds.' : 'The data is not as expected.',
    },
  ],
});
