import { datasetAdded, datasetsToken, pipelineSources, runEvents, stepKinds } from '@trestle/contracts';
import { contribute, plugin, provide, subscribe } from '@trestle/kernel';
import { blobUses, migrations } from '@trestle/store';
import { ownSources } from '@trestle/tables/own-sources';
import { sources } from '@trestle/tables/sources';
import { dataConfig } from './config/data-config.ts';
import { moduleKind, sqlKind } from './config/steps.ts';
import { dataMigrations } from './data-tables.ts';
import { dataAdd } from './operations/add.ts';
import { dataDiff } from './operations/diff.ts';
import { dataErase } from './operations/erase.ts';
import { dataExpect } from './operations/expect.ts';
import { dataExport } from './operations/export.ts';
import { dataGc } from './operations/gc.ts';
import { dataLineage } from './operations/lineage.ts';
import { dataList } from './operations/list.ts';
import { dataProfile } from './operations/profile.ts';
import { dataQuery } from './operations/query.ts';
import { dataShow } from './operations/show.ts';
import { dataSplit } from './operations/split.ts';
import { dataTag } from './operations/tag.ts';
import { dataTransform } from './operations/transform.ts';
import { dataValidate } from './operations/validate.ts';
import { stepMigrations } from './pipeline/step-tables.ts';
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
      to: [datasetAdded, ...Object.values(runEvents)],
      load: async () => (await import('./open-lineage/open-lineage.ts')).emitOpenLineage,
    }),
  ],
  contributions: [
    ...ownSources.map((source) => contribute(sources, source)),
    contribute(blobUses, {
      name: 'data',
      among: async (scope, digests) =>
        (await import('./retention/collect.ts')).usedByVersions(scope, digests),
    }),
    contribute(stepKinds, sqlKind),
    contribute(stepKinds, moduleKind),
    contribute(pipelineSources, { list: (scope) => scope.config(dataConfig).pipelines }),
    ...[...dataMigrations, ...stepMigrations].map((migration) => contribute(migrations, migration)),
  ],
});
