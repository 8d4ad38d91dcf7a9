import { resource } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { deploymentNameSchema } from '../feedback/feedback-schemas.ts';
import { ingestResultSchema } from '../ingest/ingest-result.ts';

const column = (what: string, name: string) => z.string().min(1).default(name).describe(what);

export const monitorIngest = operation({
  id: 'monitor.ingest',
  summary: 'Takes in a file of predictions that were made elsewhere (CSV, JSON lines, Parquet).',
  kind: 'command',
  access: 'monitor:write',
  resource: ({ deployment }) => resource('deployment', deployment),
  input: z.object({
    deployment: deploymentNameSchema.describe('Deployment, or monitor of the configuration'),
    file: z
      .string()
      .min(1)
      .describe('File with a row for each prediction; what no option names is a feature'),
    id: column('Column of the ids.', 'id'),
    time: column('Column of the times; now, where there is none.', 'time'),
    prediction: column('Column of what was predicted: a class, a probability, a number.', 'prediction'),
    label: z.string().min(1).optional().describe('Column of what really happened, where that is known.'),
    version: column("Column of the model's version.", 'model_version'),
  }),
  output: ingestResultSchema.extend({
    /** What a person is to know of how the file was read. */
    notes: z.array(z.string()),
  }),
  positionals: ['deployment', 'file'],
  load: () => import('../ingest/ingest-file.ts').then((module) => module.ingestFile),
  present: ({ deployment, rows, added, duplicates, labelled, notes }) => [
    ...notes.map((text) => ({ kind: 'note', tone: 'warn', text }) as const),
    {
      kind: 'note',
      tone: duplicates > 0 ? 'warn' : 'good',
      text: `${deployment}: ${added} of ${rows} predictions are new${duplicates > 0 ? `, ${duplicates} were there already` : ''}; ${labelled} labels belong to them.`,
    },
  ],
});
