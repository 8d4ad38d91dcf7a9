import { trackingToken } from '@trestle/contracts';
import { contribute, plugin, provide } from '@trestle/kernel';
import { blobUses, migrations } from '@trestle/store';
import { liveRoutes } from './live/routes.ts';
import { runCompare } from './operations/compare-runs.ts';
import { experimentList } from './operations/experiments.ts';
import { runList, runShow } from './operations/read-runs.ts';
import { runCancel, runResume } from './operations/resume-cancel.ts';
import { runColumnsOperation, runTableOperation } from './operations/run-table.ts';
import { runSeries } from './operations/series.ts';
import { runGc, runSync } from './operations/storage.ts';
import {
  runDelete,
  runFinish,
  runLog,
  runMove,
  runNote,
  runRestore,
  runStart,
  runTag,
} from './operations/write-runs.ts';
import { trackingMigrations } from './tracking-tables.ts';

/** Experiments and runs of every kind: what was asked, what was measured, and how it went. */
export const trackingPlugin = plugin({
  name: 'tracking',
  version: '0.1.0',
  operations: [
    runList,
    runTableOperation,
    runColumnsOperation,
    runShow,
    runCompare,
    runStart,
    runLog,
    runFinish,
    runTag,
    runNote,
    runMove,
    runDelete,
    runRestore,
    runGc,
    runSync,
    runSeries,
    runResume,
    runCancel,
    experimentList,
  ],
  routes: liveRoutes,
  services: [
    provide(trackingToken, async (scope) => (await import('./tracking-service.ts')).trackingService(scope)),
  ],
  contributions: [
    ...trackingMigrations.map((migration) => contribute(migrations, migration)),
    contribute(blobUses, {
      name: 'tracking',
      among: async (scope, digests) => (await import('./retention/collect.ts')).usedByRuns(scope, digests),
    }),
  ],
});

export default trackingPlugin;
