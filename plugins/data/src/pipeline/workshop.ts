import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '@trestle/kernel';
import { type Blobs, blobsToken } from '@trestle/store';
import { type Engine, type LockedEngine, openEngine, openUnlocked } from '@trestle/tables';
import { dataConfig } from '../config/data-config.ts';
import type { Manifest } from '../version/manifest.ts';

type Workspace = Awaited<ReturnType<Blobs['workspace']>>;

/** Where the steps of one run are made: a folder, and an engine that they have one after the other. */
export interface Workshop {
  /** The engine's own syntax tree of a statement, as JSON. */
  syntaxTree(sql: string): Promise<string>;
  /** An empty folder for one try of a step. */
  folder(): Promise<{ readonly dir: string; remove(): Promise<void> }>;
  /**
   * An engine that sees these files and the folders of this run: the shared one, when no other step has it and it was
   * opened for them, else one of its own.
   */
  engineFor(files: readonly string[]): Promise<Engine>;
  /** Where the parts can be read: files that the shared engine sees, as far as steps of this run made them. */
  filesOf(parts: Manifest['parts']): Promise<readonly string[]>;
  /** A part that a step has made may be read here, before it is stored and after, until the run ends. */
  keep(digest: string, path: string): void;
  /** Also a second time, which does nothing more. */
  close(): Promise<void>;
}

/**
 * Opens the engine at once; what it sees is what the first step reads, beside the folder of the run, which is made when a step
 * is.
 */
export function openWorkshop(ctx: Context): Workshop {
  // Not waited for: it is not needed before a step must run, if what the steps read is known.
  const opening = openUnlocked(ctx.config(dataConfig), ctx.signal);
  opening.catch(() => {});
  const closeEngine = (): Promise<void> =>
    opening.then(
      (engine) => engine.close(),
      () => {},
    );
  let making: Promise<Workspace> | undefined;
  const workspace = (): Promise<Workspace> => {
    making ??= ctx.service(blobsToken).then((blobs) => blobs.workspace());
    return making;
  };
  const kept = new Map<string, string>();
  const sight = new Set<string>();
  let locked: LockedEngine | undefined;
  let isLent = false;
  let folders = 0;

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await closeEngine();
    await (await making?.catch(() => undefined))?.remove();
  };

  const lend = async (engine: LockedEngine): Promise<Engine> => {
    const lent = await engine.connect();
    const close = (): void => {
      lent.close();
      isLent = false;
    };
    return { ...lent, close };
  };

  return {
    syntaxTree: async (sql) => await (await opening).syntaxTree(sql),
    async folder() {
      const dir = join((await workspace()).dir, `step-${folders++}`);
      await mkdir(dir);
      return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
    },
    async engineFor(files) {
      const { dir } = await workspace();
      const dirs = [dir] as const;
      const isSeen = (file: string): boolean => sight.has(file) || file.startsWith(join(dir, '/'));
      if (isLent || (locked && !files.every(isSeen)))
        return await openEngine(ctx.config(dataConfig), { files, dirs, signal: ctx.signal });
      isLent = true;
      try {
        if (!locked) for (const file of files) sight.add(file);
        locked ??= await (await opening).lock({ files, dirs });
        return await lend(locked);
      } catch (thrown) {
        isLent = false;
        throw thrown;
      }
    },
    async filesOf(parts) {
      const blobs = await ctx.service(blobsToken);
      return await Promise.all(parts.map(async ({ digest }) => kept.get(digest) ?? blobs.localPath(digest)));
    },
    keep: (digest, path) => void kept.set(digest, path),
    close() {
      closing ??= close();
      return closing;
    },
  };
}
