import { datasetVersionSchema, NAME_PATTERN } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { parameterSchema } from '../config/parameter.ts';

export const dataTransform = operation({
  id: 'data.transform',
  summary:
    'Make a version by a query or a function in a file; what was made of the same before is not made again.',
  kind: 'job',
  access: 'data:write',
  positionals: ['file'],
  examples: [
    'trestle data transform strikes-by-airport.sql',
    'trestle data transform fast.sql --params \'{"least": 200}\' --name fast-strikes',
    'trestle data transform seasons.ts --from strikes@3',
  ],
  input: z.object({
    file: z
      .string()
      .describe('.sql: one SELECT over datasets; .ts or .js: a module that exports a rowStep or batchStep.'),
    name: z
      .string()
      .regex(NAME_PATTERN, 'use letters, digits, dots, dashes and underscores')
      .optional()
      .describe('The dataset that it makes; the name of the file when left out.'),
    from: z.string().optional().describe('Of a module: the dataset, or dataset@version, that it reads.'),
    params: z
      .record(z.string(), parameterSchema)
      .default({})
      .describe('JSON: $name of the query, or the second argument of the function.'),
    force: z.boolean().default(false).describe('Make it also when it was made before.'),
  }),
  output: datasetVersionSchema.extend({
    /** It was made before, of the same rows by the same code. */
    cached: z.boolean(),
    /** Why it had to be made, or why not. */
    reason: z.string(),
    /** The versions that it was made from. */
    inputs: z.array(z.string()),
  }),
  load: async () => (await import('./transform-handler.ts')).transform,
  present: ({ dataset, version, rows, columns, cached, reason, inputs }) => [
    {
      kind: 'note',
      tone: 'good',
      text: `${dataset}@${version} ${cached ? 'is there' : 'was made'}: ${reason}.`,
    },
    {
      kind: 'facts',
      facts: [
        ['rows', rows],
        ['columns', columns.map((column) => `${column.name}: ${column.type}`).join(', ')],
        ['made from', inputs.join(', ') || 'its query alone'],
      ],
    },
  ],
});
