import type { Datasets } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { loadBatches } from './loading/load-batches.ts';
import { versionLeaks } from './profile/version-leaks.ts';
import { retireVersions } from './retention/retire-versions.ts';
import { publishedSketch } from './sketch/version-sketch.ts';
import { readSource } from './source/read-source.ts';
import { addRows } from './version/add-rows.ts';
import { readBatches } from './version/read-batches.ts';
import { resolveVersion } from './version/versions.ts';

/** The service that other plugins read datasets through. */
export const datasetsService = (scope: Scope): Datasets => ({
  resolve: (reference) => resolveVersion(scope, reference),
  sketch: (reference) => publishedSketch(scope, reference),
  leaks: async (reference, target, signal) =>
    await versionLeaks(scope, await resolveVersion(scope, reference), target, signal),
  read: (reference, options) => readBatches(scope, reference, options),
  load: (reference, options) => loadBatches(scope, reference, options),
  readFile: (ctx, path, options) => readSource(ctx, path, options),
  addRows: (actor, options) => addRows(scope, actor, options),
  retire: async (actor, reference) => {
    await retireVersions(scope, actor, [await resolveVersion(scope, reference)]);
  },
});
