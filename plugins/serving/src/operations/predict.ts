import { resources } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';

/** Predictions that a result itself holds; more go to a file. */
export const MAX_SHOWN = 1_000;

const isVector = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'number');

/** Numbers to four digits; of a vector the first ones. */
function shownValue(value: unknown): string | number {
  if (typeof value === 'number') return Number(value.toFixed(4));
  if (!isVector(value)) return String(value);
  const more = value.length > 4 ? `, … ${value.length} numbers` : '';
  return `${value.slice(0, 4).map(shownValue).join(', ')}${more}`;
}

export const predictOperation = operation({
  id: 'predict',
  summary: 'Predict the rows of a file, of standard input, or of a dataset version.',
  kind: 'command',
  access: 'serving:predict',
  resource: ({ model, data }) => resources({ model, dataset: data }),
  positionals: ['model'],
  examples: [
    'trestle predict strikes@champion --input new.csv --out predictions.csv',
    'echo \'{"speed": 140}\' | trestle predict strikes --input -',
    'trestle predict strikes --input new.csv --out predictions.csv --bad-rows skip',
    'trestle predict strikes@2 --data strikes@1 --json',
  ],
  input: z.object({
    model: z.string().max(250).describe('Model: name, name@3 or name@alias.'),
    input: z
      .string()
      .optional()
      .describe('A file of rows (CSV, JSON, Parquet …); - is standard input, JSON lines.'),
    data: z.string().optional().describe('A dataset version instead of a file.'),
    out: z
      .string()
      .optional()
      .describe('Write the predictions here: CSV, TSV, JSON or, by any other name, JSON lines.'),
    badRows: z
      .enum(['refuse', 'skip'])
      .default('refuse')
      .describe(
        'What comes of a row that the model cannot read: skip leaves it out, says why, and numbers the others.',
      ),
  }),
  output: z.object({
    model: z.object({ name: z.string(), version: z.number() }),
    rows: z.number(),
    predictions: z
      .array(z.record(z.string(), z.unknown()))
      .optional()
      .describe(`Without --out: the first ${MAX_SHOWN}.`),
    out: z.string().optional(),
    ignored: z.array(z.string()).describe('Columns that the model does not know.'),
    skipped: z
      .object({
        rows: z.number(),
        examples: z.array(z.object({ row: z.number(), field: z.string(), reason: z.string() })),
      })
      .optional()
      .describe('With --bad-rows skip: the rows that could not be read.'),
    notes: z.array(z.string()).describe('What could not be read as it stands there.'),
  }),
  load: async () => (await import('../predict/predict-rows.ts')).predictRows,
  present: (result) => {
    const shown = (result.predictions ?? []).slice(0, 20);
    const isImputed = shown.some(({ imputed }) => imputed !== undefined);
    const columns = Object.keys(shown[0] ?? {}).filter(
      (key) => key !== 'row' && (typeof shown[0]?.[key] !== 'object' || isVector(shown[0]?.[key])),
    );
    const { skipped } = result;
    return [
      {
        kind: 'note',
        tone: 'good',
        text: `${result.rows} rows predicted by ${result.model.name}@${result.model.version}${result.out ? `, written to ${result.out}` : ''}.`,
      },
      ...(skipped && skipped.rows > 0
        ? [
            {
              kind: 'note' as const,
              tone: 'warn' as const,
              text: `${skipped.rows} rows could not be read and are left out.`,
            },
            {
              kind: 'table' as const,
              columns: [
                { key: 'row', label: 'row', align: 'right' as const },
                { key: 'field', label: 'field' },
                { key: 'reason', label: 'reason' },
              ],
              rows: skipped.examples,
            },
          ]
        : []),
      ...(result.predictions
        ? [
            {
              kind: 'table' as const,
              columns: [
                { key: 'row', label: 'row', align: 'right' as const },
                ...columns.map((key) => ({ key, label: key })),
                ...(isImputed ? [{ key: 'imputed', label: 'imputed' }] : []),
              ],
              rows: shown.map((prediction, place) => ({
                row: typeof prediction.row === 'number' ? prediction.row : place,
                ...Object.fromEntries(
                  columns.map((key) => {
                    const value = prediction[key];
                    return [key, shownValue(value)];
                  }),
                ),
                imputed: Array.isArray(prediction.imputed) ? prediction.imputed.join(', ') : '',
              })),
            },
          ]
        : []),
      ...(result.ignored.length > 0
        ? [
            {
              kind: 'note' as const,
              tone: 'info' as const,
              text: `Not features, ignored: ${result.ignored.join(', ')}.`,
            },
          ]
        : []),
      ...result.notes.map((text) => ({ kind: 'note' as const, tone: 'warn' as const, text })),
    ];
  },
});
