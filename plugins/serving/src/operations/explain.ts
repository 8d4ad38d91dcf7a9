import { resources } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';

export const explainOperation = operation({
  id: 'explain',
  summary: 'Tell what each feature adds to what a model says of each row of a file.',
  kind: 'command',
  access: 'serving:predict',
  resource: ({ model, background }) => resources({ model, dataset: background }),
  positionals: ['model'],
  examples: [
    'trestle explain strikes@champion --input new.csv',
    'trestle explain strikes --input new.csv --background strikes@1 --limit 10 --json',
  ],
  input: z.object({
    model: z.string().max(250).describe('Model: name, name@3 or name@alias.'),
    input: z.string().describe('A file of rows (CSV, JSON, Parquet …).'),
    background: z
      .string()
      .optional()
      .describe('A dataset version that says what is usual; the examples of the model when left out.'),
    limit: z.number().int().min(1).max(1_000).default(20).describe('So many rows, the first ones.'),
  }),
  output: z.object({
    model: z.object({ name: z.string(), version: z.number() }),
    background: z.number().int().describe('Rows that say what is usual.'),
    rows: z.array(
      z.object({
        attributions: z.array(
          z.object({
            feature: z.string(),
            value: z.unknown(),
            contribution: z.number().describe('In the unit of the output; all sum to prediction minus base.'),
            standardError: z
              .number()
              .optional()
              .describe('Of more than eight features, whose orders are drawn.'),
          }),
        ),
        base: z.number().describe('The mean of what the model says of the background.'),
        prediction: z.number(),
        class: z.string().optional().describe('Of several classes: whose probability it is.'),
      }),
    ),
    notes: z.array(z.string()),
  }),
  load: async () => (await import('../explain/explain-file.ts')).explainFile,
  present: ({ model, rows, notes }) => [
    { kind: 'note', tone: 'good', text: `${rows.length} rows explained of ${model.name}@${model.version}.` },
    ...rows.map((row, at) => ({
      kind: 'table' as const,
      title: `Row ${at}: ${row.base.toPrecision(4)} is usual, ${row.prediction.toPrecision(4)} is said${row.class === undefined ? '' : ` of ${row.class}`}`,
      columns: [
        { key: 'feature', label: 'feature' },
        { key: 'value', label: 'value' },
        { key: 'contribution', label: 'adds', align: 'right' as const },
        ...(row.attributions.some(({ standardError }) => standardError !== undefined)
          ? [{ key: 'standardError', label: '± (standard error)', align: 'right' as const }]
          : []),
      ],
      rows: row.attributions.map(({ feature, value, contribution, standardError }) => ({
        feature,
        value: value === null ? null : String(value),
        contribution: Number(contribution.toPrecision(4)),
        ...(standardError === undefined ? {} : { standardError: Number(standardError.toPrecision(2)) }),
      })),
    })),
    ...notes.map((text) => ({ kind: 'note' as const, tone: 'info' as const, text })),
  ],
});
