import type { Tracking } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { findRun, listRuns } from './read-runs.ts';
import { curvesOf } from './read-series.ts';
import { beginRun } from './record-run.ts';

/** The service through which other plugins record and read runs. */
export const trackingService = (scope: Scope): Tracking => ({
  begin: beginRun,
  get: (run) => findRun(scope, run),
  list: (query) => listRuns(scope, query),
  series: async (run) => (await curvesOf(scope, run)).curves,
});
