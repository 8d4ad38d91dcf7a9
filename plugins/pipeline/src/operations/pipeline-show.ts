import { resource } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { pipelineRunSchema } from '../pipeline-runs.ts';
import { stepTable } from './pipeline-run.ts';

const readSchema = z.object({ name: z.string(), kind: z.enum(['step', 'dataset']) });

export const pipelineShow = operation({
  id: 'pipeline.show',
  summary: 'Show the graph of a pipeline and its last runs.',
  kind: 'query',
  access: 'data:read',
  resource: ({ name }) => resource('pipeline', name),
  positionals: ['name'],
  input: z.object({
    name: z.string().describe('A pipeline of the configuration.'),
    runs: z.number().int().min(1).max(100).default(5).describe('How many runs to show.'),
  }),
  output: z.object({
    pipeline: z.string(),
    steps: z.array(
      z.object({
        name: z.string(),
        /** As the plugin that contributes it calls it: sql, module, operation. */
        kind: z.string(),
        inputs: z.array(readSchema),
        /** What its expectations compare its rows with. */
        compares: z.array(readSchema),
        /** The dataset that it makes, if it makes one. */
        output: z.string().optional(),
      }),
    ),
    /** The graph as lines of text. */
    graph: z.array(z.string()),
    triggers: z.array(z.string()),
    runs: z.array(pipelineRunSchema),
  }),
  load: async () => (await import('./pipeline-show-handler.ts')).showPipeline,
  present: ({ pipeline, graph, triggers, runs }) => {
    const [last] = runs;
    return [
      { kind: 'heading', text: pipeline },
      { kind: 'text', text: graph.join('\n') },
      { kind: 'facts', facts: [['starts at', triggers.join(', ') || 'nothing but a command']] },
      ...(last ? [stepTable(`${last.run}: ${last.status}, ${last.startedAt}`, last.steps)] : []),
      {
        kind: 'table',
        title: 'runs',
        columns: [
          { key: 'run', label: 'run' },
          { key: 'status', label: '' },
          { key: 'trigger', label: 'started by' },
          { key: 'startedAt', label: 'started' },
          { key: 'finishedAt', label: 'finished' },
          { key: 'error', label: 'error' },
        ],
        rows: runs.map(({ steps: _steps, ...run }) => run),
      },
    ];
  },
});
