import { trackingToken } from '@trestle/contracts';
import { contribute, plugin, provide } from '@trestle/kernel';
import { migrations } from '@trestle/store';
import { runCompare } from './operations/compare-runs.ts';
import { experimentList } from './operations/experiments.ts';
import { runList, runShow } from './operations/read-runs.ts';
import { runCancel, runResume } from './operations/resume-cancel.ts';
import { runDelete, runFinish, runLog, runMove, runNote, runStart, runTag } from './operations/write-runs.ts';
import { trackingMigrations } from './tracking-tables.ts';

/** Experiments and runs of every kind: what was asked, what was measured, and how it went. */
export const trackingPlugin = plugin({
  name: 'tracking',
  version: '0.1.0',
  operations: [
    runList,
    runShow,
    runCompare,
    runStart,
    runLog,
    runFinish,
    runTag,
    runNote,
    runMove,
    runDelete,
    runResume,
    runCancel,
    experimentList,
  ],
  services: [
    provide(trackingToken, async (scope) => (await import('./tracking-service.ts')).trackingService(scope)),
  ],
  contributions: trackingMigrations.map((migration) => contribute(migrations, migration)),
});

export default trackingPlugin;
