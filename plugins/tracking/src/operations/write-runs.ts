import { resource, resources, runStatusSchema } from '@trestle/contracts';
import { operation, type View } from '@trestle/kernel';
import { z } from 'zod';
import { EXPERIMENT, EXPERIMENT_RULE } from '../limits.ts';

const run = z.string().max(200).describe('The run, r-….');
const experiment = z
  .string()
  .regex(EXPERIMENT, EXPERIMENT_RULE)
  .describe('The experiment; it is there with its first run.');
const pairs = (what: string) =>
  z
    .array(z.string().regex(/^[^=]+=/, 'it must look like name=value'))
    .default([])
    .describe(what);
const at = z
  .number()
  .int()
  .min(0)
  .optional()
  .describe('The place in the series (an epoch, a batch); the next one when left out.');

const good = (text: string): View => ({ kind: 'note', tone: 'good', text });

export const runStart = operation({
  id: 'run.start',
  summary: 'Begin a run of your own, to log to and to finish.',
  kind: 'command',
  access: 'training:write',
  resource: ({ experiment, parent }) => resources({ experiment, run: parent }),
  beginsProject: true,
  examples: ['trestle run start --experiment tuning --param learningRate=0.1 --param depth=6'],
  input: z.object({
    experiment,
    param: pairs('A setting, name=value; given several times.'),
    parent: z.string().max(200).optional().describe('The run of which it is a part.'),
  }),
  output: z.object({ run: z.string(), experiment: z.string(), status: runStatusSchema }),
  load: async () => (await import('../own-runs.ts')).startRun,
  present: ({ run: id, experiment: name }) => [
    good(`Run ${id} of "${name}" is under way.`),
    { kind: 'text', text: `Next: trestle run log ${id} --metric loss=0.31, then trestle run finish ${id}` },
  ],
});

export const runLog = operation({
  id: 'run.log',
  summary: 'Add metrics to a run that is under way, or keep a file with it.',
  kind: 'command',
  access: 'training:write',
  resource: ({ run }) => resource('run', run),
  positionals: ['run'],
  examples: ['trestle run log r-… --metric loss=0.31 --step 4', 'trestle run log r-… --artifact plot.png'],
  input: z.object({
    run,
    metric: pairs(
      'A measurement, name=number (infinities and what is no number are kept, too); given several times.',
    ),
    step: at,
    artifact: z.array(z.string()).default([]).describe('A file to keep with the run.'),
  }),
  output: z.object({ run: z.string(), logged: z.number().int() }),
  load: async () => (await import('../own-runs.ts')).logToRun,
  present: ({ run: id, logged }) => [
    good(`${logged === 1 ? '1 value or file' : `${logged} values and files`} logged to run ${id}.`),
  ],
});

export const runFinish = operation({
  id: 'run.finish',
  summary: 'End a run of your own.',
  kind: 'command',
  access: 'training:write',
  resource: ({ run }) => resource('run', run),
  positionals: ['run'],
  input: z.object({
    run,
    status: runStatusSchema.exclude(['running']).default('succeeded').describe('How it ended.'),
    error: z.string().max(4_000).optional().describe('What went wrong.'),
  }),
  output: z.object({ run: z.string(), status: runStatusSchema }),
  load: async () => (await import('../own-runs.ts')).finishRun,
  present: ({ run: id, status }) => [good(`Run ${id}: ${status}.`)],
});

export const runTag = operation({
  id: 'run.tag',
  summary: 'Set tags of a run; an empty value removes one.',
  kind: 'command',
  access: 'training:write',
  resource: ({ run }) => resource('run', run),
  positionals: ['run', 'tag'],
  examples: ['trestle run tag r-… stage=candidate'],
  input: z.object({
    run,
    tag: z
      .string()
      .regex(/^[^=]+=/, 'it must look like name=value')
      .describe('name=value'),
  }),
  output: z.object({ run: z.string(), tags: z.record(z.string(), z.string()) }),
  load: async () => (await import('../own-runs.ts')).tagRun,
  present: ({ run: id, tags }) => [
    { kind: 'facts', title: `Tags of run ${id}`, facts: Object.entries(tags) },
  ],
});

export const runNote = operation({
  id: 'run.note',
  summary: 'Add a note to a run.',
  kind: 'command',
  access: 'training:write',
  resource: ({ run }) => resource('run', run),
  positionals: ['run', 'text'],
  input: z.object({ run, text: z.string().min(1).max(10_000).describe('What there is to say.') }),
  output: z.object({ run: z.string(), notes: z.array(z.string()) }),
  load: async () => (await import('../own-runs.ts')).noteRun,
  present: ({ run: id, notes }) => [
    good(`Run ${id} has ${notes.length === 1 ? 'a note' : `${notes.length} notes`}.`),
  ],
});

export const runMove = operation({
  id: 'run.move',
  summary: 'Move a run to another experiment.',
  kind: 'command',
  access: 'training:write',
  resource: ({ run, experiment }) => resources({ run, experiment }),
  positionals: ['run', 'experiment'],
  input: z.object({ run, experiment }),
  output: z.object({ run: z.string(), experiment: z.string() }),
  load: async () => (await import('../own-runs.ts')).moveRun,
  present: ({ run: id, experiment: name }) => [good(`Run ${id} is in "${name}".`)],
});

export const runDelete = operation({
  id: 'run.delete',
  summary: 'Take a run out of the lists; "run restore" brings it back, "run gc" frees its artifacts.',
  kind: 'command',
  access: 'training:write',
  resource: ({ run }) => resource('run', run),
  positionals: ['run'],
  input: z.object({ run }),
  output: z.object({ run: z.string(), deleted: z.literal(true) }),
  load: async () => (await import('../own-runs.ts')).deleteRun,
  present: ({ run: id }) => [
    good(`Run ${id} is out of the lists; "trestle run restore ${id}" brings it back.`),
  ],
});

export const runRestore = operation({
  id: 'run.restore',
  summary: 'Bring a deleted run back into the lists.',
  kind: 'command',
  access: 'training:write',
  resource: ({ run }) => resource('run', run),
  positionals: ['run'],
  input: z.object({ run }),
  output: z.object({
    run: z.string(),
    restored: z.literal(true),
    freed: z.array(z.string()).describe('Artifacts whose content was removed meanwhile.'),
  }),
  load: async () => (await import('../own-runs.ts')).restoreRun,
  present: ({ run: id, freed }) => [
    good(`Run ${id} is in the lists again.`),
    ...(freed.length === 0
      ? []
      : [
          {
            kind: 'note' as const,
            tone: 'warn' as const,
            text: `The content of ${freed.length} artifacts was removed meanwhile: ${freed.join(', ')}.`,
          },
        ]),
  ],
});
