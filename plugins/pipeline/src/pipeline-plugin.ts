import { alertFired, datasetAdded, stepKinds } from '@trestle/contracts';
import { contribute, plugin, subscribe } from '@trestle/kernel';
import { migrations } from '@trestle/store';
import { operationStep } from './operation-step.ts';
import { pipelineList } from './operations/pipeline-list.ts';
import { pipelineRun } from './operations/pipeline-run.ts';
import { pipelineShow } from './operations/pipeline-show.ts';
import { pipelineMigrations } from './pipeline-tables.ts';
import { pipelinesConfig } from './pipelines.ts';

/** Pipelines: steps in the order of what they read, of kinds that plugins contribute. */
export const pipelinePlugin = plugin({
  name: 'pipeline',
  version: '0.1.0',
  config: pipelinesConfig,
  operations: [pipelineRun, pipelineList, pipelineShow],
  subscribers: [
    subscribe({
      name: 'pipelines',
      to: [datasetAdded, alertFired],
      load: async () => (await import('./triggers.ts')).startOnEvent,
    }),
  ],
  schedules: [
    {
      name: 'pipelines',
      every: 10_000,
      load: async () => {
        const { startDue } = await import('./triggers.ts');
        return (ctx) => startDue(ctx);
      },
    },
  ],
  contributions: [
    contribute(stepKinds, operationStep),
    ...pipelineMigrations.map((migration) => contribute(migrations, migration)),
  ],
});
