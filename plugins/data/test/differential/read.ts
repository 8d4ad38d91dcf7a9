import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isTrestleError, localFiles } from '@trestle/kernel';
import { openEngine, openSource, ownSources, readingOf, sourceColumns } from '@trestle/tables';
import { identifier } from '@trestle/tables/sql';

/** A file as `data add` reads it, each value as the text that says it exactly. */
export type Ours =
  | {
      readonly names: readonly string[];
      readonly types: readonly string[];
      readonly rows: readonly (readonly (string | null)[])[];
    }
  | { readonly refused: string; readonly message: string };

const LIMITS = {
  memoryMiB: 512,
  threads: 1,
  maxSourceBytes: 2 ** 30,
  allowPrivateHosts: [],
  allowSources: [],
};

export async function readOurs(path: string, options: object): Promise<Ours> {
  const dir = await mkdtemp(join(tmpdir(), 'trestle-differential-'));
  const { signal } = new AbortController();
  const folder = dirname(path);
  const ctx = {
    surface: 'internal' as const,
    signal,
    files: localFiles(folder),
    project: { dir: folder, stateDir: dir },
    progress: () => {},
    limits: LIMITS,
    sources: ownSources,
  };
  try {
    const { files } = await openSource(ctx, { ...options, path }, dir);
    const engine = await openEngine(LIMITS, { files: files.map((file) => file.path), dirs: [dir] });
    try {
      const { columns, ready } = await sourceColumns(engine, files, readingOf(options), undefined);
      const list = columns.map(({ name }, index) => `CAST(${identifier(name)} AS VARCHAR) AS c${index}`);
      const found = await engine.rows(`SELECT ${list.join(', ')} FROM ${ready[0]?.relation}`);
      return {
        names: columns.map(({ name }) => name),
        types: columns.map(({ type, stored }) => stored ?? type),
        rows: found.map((row) => columns.map((_, index) => (row[`c${index}`] ?? null) as string | null)),
      };
    } finally {
      engine.close();
    }
  } catch (thrown) {
    if (!isTrestleError(thrown)) throw thrown;
    return { refused: thrown.code, message: thrown.message };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
