import type { DatasetVersion, TableSketch } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { isNumeric, mergeSketches, pointsIn } from '@trestle/statistics';
import { sketchRelation } from '@trestle/tables';
import { imageColumns, withDigests } from '../image/image-columns.ts';
import { parquetRelation, partFiles, withVersion } from '../version/version-relation.ts';
import { readManifest, resolveVersion } from '../version/versions.ts';
import { keepSketch, keptSketches } from './kept-sketches.ts';
import { segmentsOf } from './segments.ts';

/** The sketch of a version: those of its segments, merged. Only segments of which none is kept are read. */
export async function versionSketch(
  scope: Scope,
  version: DatasetVersion,
  signal?: AbortSignal,
  onProgress: (fraction: number) => void = () => {},
): Promise<TableSketch> {
  const manifest = await readManifest(scope, version.digest);
  const segments = segmentsOf(manifest);
  const found = new Map(
    await keptSketches(
      scope,
      segments.map(({ key }) => key),
    ),
  );
  const missing = segments.filter(({ key }) => !found.has(key));
  if (missing.length > 0) {
    const texts = manifest.columns.filter(({ type }) => type === 'string').map(({ name }) => name);
    const parts = missing.flatMap((segment) => segment.parts);
    await withVersion(scope, { ...manifest, parts }, signal, async (engine) => {
      for (const [index, segment] of missing.entries()) {
        const files = await partFiles(scope, { ...manifest, parts: segment.parts });
        const relation = parquetRelation(files);
        // Images as values would take more memory than the engine has.
        const images = await imageColumns(engine, relation, texts);
        const shortened = withDigests(relation, images);
        const sketch = await sketchRelation(engine, shortened, manifest.columns, (fraction) =>
          onProgress((index + fraction) / missing.length),
        );
        await keepSketch(scope, version, segment.key, sketch);
        found.set(segment.key, sketch);
      }
    });
  }
  return mergeSketches(segments.flatMap(({ key }) => found.get(key) ?? []));
}

/** The sketch of the version that a reference names, as other plugins read it: numbers always have their points. */
export async function publishedSketch(scope: Scope, reference: string): Promise<TableSketch> {
  const sketch = await versionSketch(scope, await resolveVersion(scope, reference));
  const columns = sketch.columns.map((column) => ({
    ...column,
    points: isNumeric(column.type) ? pointsIn(column) : null,
  }));
  return { ...sketch, columns };
}
