import type { Scope } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { type Engine, openEngine } from '@trestle/tables';
import { dataConfig } from '../config/data-config.ts';
import type { Manifest } from './manifest.ts';
import { parquetRelation, partFiles } from './version-relation.ts';

/** Streams something out of a version; the engine and its folder are gone when the stream ends or is given up. */
export async function* withVersionStream<T>(
  scope: Scope,
  manifest: Manifest,
  stream: (engine: Engine, relation: string) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const files = await partFiles(scope, manifest);
  const workspace = await (await scope.service(blobsToken)).workspace();
  try {
    const engine = await openEngine(scope.config(dataConfig), { files, dirs: [workspace.dir] });
    try {
      yield* stream(engine, parquetRelation(files));
    } finally {
      engine.close();
    }
  } finally {
    await workspace.remove();
  }
}
