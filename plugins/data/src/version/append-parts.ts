import { setTimeout as pause } from 'node:timers/promises';
import type { Column, DatasetVersion } from '@trestle/contracts';
import { type Actor, isTrestleError, type Scope } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { addNulls } from './add-nulls.ts';
import { type Committed, commitVersion, type NewVersion, partsGone } from './commit-version.ts';
import { type Manifest, schemaOf } from './manifest.ts';
import { readManifest, resolveVersion } from './versions.ts';

/** The version that rows are put behind. */
export interface Base extends DatasetVersion {
  readonly manifest: Manifest;
}

/** Stored parts that are to come behind a version whose columns they have. */
export interface NewParts extends Pick<NewVersion, 'dataset' | 'source' | 'madeFrom' | 'notes'> {
  readonly parts: Manifest['parts'];
  /** With the missing values of these parts alone. */
  readonly columns: readonly Column[];
}

/** Whoever is overtaken tries again at once, and so many times that only a dataset that never rests makes it give up. */
const MAX_TRIES = 500;
const LONGEST_PAUSE_MS = 60;

export async function readVersion(scope: Scope, reference: string): Promise<Base> {
  const version = await resolveVersion(scope, reference);
  return { ...version, manifest: await readManifest(scope, version.digest) };
}

/**
 * Commits parts behind the newest version of a dataset. Others may have put theirs there since `base` was read: then these
 * come behind those, so that of appends at the same time none is lost.
 *
 * @returns undefined when the newest version has other columns than `base` by now: the rows must be read for those
 * @throws TRS_DATA_APPEND_CONFLICT when others were faster every time
 */
export async function appendParts(
  scope: Scope,
  actor: Actor,
  base: Base,
  made: NewParts,
): Promise<Committed | undefined> {
  let newest = base;
  const found = new Set<string>();
  for (let tries = 1; ; tries += 1) {
    await findParts(scope, newest, found);
    try {
      return await commitBehind(scope, actor, newest, made);
    } catch (thrown) {
      if (!isOvertaken(thrown) || tries === MAX_TRIES) throw thrown;
    }
    await pause(Math.random() * LONGEST_PAUSE_MS);
    newest = await readVersion(scope, made.dataset);
    if (!haveSameColumns(base, newest)) return undefined;
  }
}

/** Looks for the parts of a version that were not found yet. Before the commit: others would wait for it. @throws TRS_DATA_PARTS_GONE */
async function findParts(scope: Scope, { manifest }: Base, found: Set<string>): Promise<void> {
  const blobs = await scope.service(blobsToken);
  const wanted = manifest.parts.map(({ digest }) => digest).filter((digest) => !found.has(digest));
  const isThere = await Promise.all(wanted.map((digest) => blobs.has(digest)));
  for (const [index, digest] of wanted.entries()) {
    if (!isThere[index]) throw partsGone(digest);
    found.add(digest);
  }
}

const commitBehind = async (
  scope: Scope,
  actor: Actor,
  base: Base,
  { dataset, source, madeFrom, notes, parts, columns }: NewParts,
): Promise<Committed> =>
  await commitVersion(scope, actor, {
    dataset,
    source,
    manifest: { format: 1, columns: schemaOf(columns), parts: [...base.manifest.parts, ...parts] },
    columns: addNulls(columns, base.columns),
    notes,
    madeFrom: [...madeFrom, { ref: `dataset:${base.dataset}@${base.version}`, kind: 'appended' }],
    base: base.version,
    standing: new Set(base.manifest.parts.map(({ digest }) => digest)),
  });

export const isOvertaken = (thrown: unknown): boolean =>
  isTrestleError(thrown) && thrown.code === 'TRS_DATA_APPEND_CONFLICT';

const haveSameColumns = (one: Base, other: Base): boolean =>
  JSON.stringify(one.manifest.columns) === JSON.stringify(other.manifest.columns);
