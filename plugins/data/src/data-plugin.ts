import { alertFired, datasetAdded, datasetsToken, pipelineEvents, runEvents } from '@trestle/contracts';
import { contribute, plugin, provide, subscribe } from '@trestle/kernel';
import { migrations } from '@trestle/store';
import { dataConfig } from './data-config.ts';
import { dataMigrations } from './data-tables.ts';
import { dataAdd } from './operations/add.ts';
import { dataDiff } from './operations/diff.ts';
import { dataErase } from './operations/erase.ts';
import { dataExpect } from './operations/expect.ts';
import { dataExport } from './operations/export.ts';
import { dataGc } from './operations/gc.ts';
import { dataLineage } from './operations/lineage.ts';
import { dataList } from './operations/list.ts';
import { pipelineList } from './operations/pipeline-list.ts';
import { pipelineRun } from './operations/pipeline-run.ts';
import { pipelineShow } from './operations/pipeline-show.ts';
import { dataProfile } from './operations/profile.ts';
import { dataQuery } from './operations/query.ts';
import { dataShow } from './operations/show.ts';
import { dataSplit } from './operations/split.ts';
import { dataTag } from './operations/tag.ts';
import { dataTransform } from './operations/transform.ts';
import { dataValidate } from './operations/validate.ts';
import { pipelineMigrations } from './pipeline/pipeline-tables.ts';
import { queryGate, queryGateToken } from './query/query-gate.ts';

/** Datasets: immutable versions of tables, their statistics, and what is expected of them. */
export const dataPlugin = plugin({
  name: 'data',
  version: '0.1.0',
  config: dataConfig,
  operations: [
    dataAdd,
    dataList,
    dataShow,
    dataProfile,
    dataValidate,
    dataExport,
    dataQuery,
    dataDiff,
    dataExpect,
    dataTag,
    dataSplit,
    dataTransform,
    dataLineage,
    pipelineRun,
    pipelineList,
    pipelineShow,
    dataGc,
    dataErase,
  ],
  services: [
    provide(queryGateToken, queryGate),
    provide(datasetsToken, async (scope) => (await import('./data-services.ts')).datasetsService(scope)),
  ],
  subscribers: [
    subscribe({
      name: 'open-lineage',
      to: [datasetAdded, ...Object.values(pipelineEvents), ...Object.values(runEvents)],
      load: async () => (await import('./open-lineage/open-lineage.ts')).emitOpenLineage,
    }),
    subscribe({
      name: 'pipelines',
      to: [datasetAdded, alertFired],
      load: async () => (await import('./pipeline/triggers.ts')).startOnEvent,
    }),
  ],
  schedules: [
    {
      name: 'pipelines',
      every: 10_000,
      load: async () => {
        const { startDue } = await import('./pipeline/triggers.ts');
        return (ctx) => startDue(ctx);
      },
    },
  ],
  contributions: [...dataMigrations, ...pipelineMigrations].map((migration) =>
    contribute(migrations, migration),
  ),
});
