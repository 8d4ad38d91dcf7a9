import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localFiles } from '@trestle/kernel';
import type { Batch } from '@trestle/statistics';
import type { ReadLimits } from './limits.ts';
import { ownSources } from './source/own-sources.ts';
import { readSource } from './source/read-source.ts';
import type { Source } from './source/source.ts';
import type { SourceOptions } from './source/source-options.ts';

export interface ReadTableOptions extends Partial<Omit<SourceOptions, 'path'>> {
  readonly limits?: Partial<ReadLimits>;
  readonly signal?: AbortSignal;
  /** Where rows can come from; ours when left out (`ownSources`). */
  readonly sources?: readonly Source[];
}

const LIMITS: ReadLimits = {
  memoryMiB: 1_024,
  threads: 2,
  maxSourceBytes: 4 * 2 ** 30,
  allowPrivateHosts: [],
  allowSources: [],
};

/**
 * Reads a file, folder, address or database in batches of columns; memory is bounded by the batch and the engine's limit.
 *
 * @param path relative to the current folder, as on the command line
 * @throws TRS_DATA_… what is wrong with it, at which row and column
 */
export async function* readTable(
  path: string,
  { limits, signal = new AbortController().signal, sources = ownSources, ...options }: ReadTableOptions = {},
): AsyncGenerator<Batch> {
  const dir = await mkdtemp(join(tmpdir(), 'trestle-table-'));
  const cwd = process.cwd();
  try {
    const ctx = {
      surface: 'internal' as const,
      signal,
      files: localFiles(cwd),
      project: { dir: cwd, stateDir: dir },
      progress: () => {},
      limits: { ...LIMITS, ...limits },
      sources,
    };
    yield* readSource(ctx, { ...options, path }, dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}
