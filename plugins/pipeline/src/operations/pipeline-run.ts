import { resources } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { type PipelineRun, stepRunSchema } from '../pipeline-runs.ts';

const STATES: Readonly<Record<PipelineRun['steps'][number]['state'], string>> = {
  waiting: 'would run',
  running: 'runs',
  cached: 'is there',
  ran: 'ran',
  appended: 'appended',
  failed: 'failed',
  'not reached': 'not reached',
  interrupted: 'interrupted',
};

/** The steps of a run or of a plan, for a person. */
export const stepTable = (title: string, steps: PipelineRun['steps']) => ({
  kind: 'table' as const,
  title,
  columns: [
    { key: 'step', label: 'step' },
    { key: 'state', label: '' },
    { key: 'reason', label: 'because' },
    { key: 'output', label: 'made' },
    { key: 'rows', label: 'rows', align: 'right' as const },
    { key: 'seconds', label: 'seconds', align: 'right' as const },
  ],
  rows: steps.map((step) => ({
    step: step.step,
    state: STATES[step.state],
    reason: step.error ?? step.reason,
    output: step.output,
    rows: step.rows,
    seconds: step.durationMs === undefined ? undefined : (step.durationMs / 1_000).toFixed(1),
  })),
});

export const pipelineRun = operation({
  id: 'pipeline.run',
  summary: 'Run the steps of a pipeline whose rows are not there yet.',
  kind: 'job',
  access: 'data:write',
  resource: ({ name }) => resources({ pipeline: name }),
  positionals: ['name'],
  examples: ['trestle pipeline run features', 'trestle pipeline run features --dry'],
  input: z.object({
    name: z.string().describe('A pipeline of the configuration.'),
    dry: z.boolean().default(false).describe('Only say what would run, and why.'),
    force: z.boolean().default(false).describe('Run every step, also those whose rows are there.'),
    trigger: z.string().optional().describe('What started it, for the record; who asked when left out.'),
  }),
  output: z.object({
    pipeline: z.string(),
    dry: z.boolean(),
    /** None when dry. */
    run: z.string().optional(),
    steps: z.array(stepRunSchema),
  }),
  load: async () => (await import('./pipeline-run-handler.ts')).runOrPlan,
  present: ({ pipeline, dry, run, steps }) => {
    const made = steps.filter((step) => step.state === 'ran' || step.state === 'appended').length;
    const would = steps.filter((step) => step.state === 'waiting').length;
    return [
      stepTable(pipeline, steps),
      {
        kind: 'note',
        tone: 'good',
        text: dry
          ? `${would} of ${steps.length} steps would run.`
          : `${run}: ${made} of ${steps.length} steps had to run.`,
      },
    ];
  },
});
