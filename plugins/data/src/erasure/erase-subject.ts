import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { type Column, type DatasetVersion, datasetErased } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { blobsToken, canonicalJson, metadataToken } from '@trestle/store';
import { openEngine } from '@trestle/tables';
import { dataConfig } from '../config/data-config.ts';
import { dataError } from '../data-error.ts';
import type { DataTables } from '../data-tables.ts';
import { collect, findUnused } from '../retention/collect.ts';
import { references } from '../retention/references.ts';
import { dropSketches } from '../sketch/kept-sketches.ts';
import { putPinned, putPinnedFile } from '../version/blob-pins.ts';
import type { Manifest } from '../version/manifest.ts';
import { chooseColumns } from '../version/read-batches.ts';
import { checkReadable, listVersions, readManifest } from '../version/versions.ts';
import { reachOf } from './derived-datasets.ts';
import { erasePart, takeValues } from './erase-part.ts';

/** How often it begins again because versions were added while it read. */
const MAX_ROUNDS = 10;

export interface Erasure {
  readonly id: string;
  readonly column: string;
  readonly rows: number;
  readonly versions: readonly { readonly dataset: string; readonly version: number; readonly rows: number }[];
  readonly beyond: readonly string[];
  readonly commitment: string;
  readonly salt: string;
}

interface Replacement {
  readonly part: { readonly digest: string; readonly rows: number };
  readonly rowsErased: number;
  readonly nullsErased: Readonly<Record<string, number>>;
}

interface Rewritten {
  readonly before: DatasetVersion;
  readonly digest: string;
  readonly rows: number;
  readonly columns: readonly Column[];
  readonly oldBlobs: readonly string[];
}

/**
 * Removes the rows of a subject from every version of a dataset and of the datasets made of it. New parts are stored first;
 * then one change points the versions to them, drops what was computed from the old rows and records the erasure; then the
 * old parts are removed from the disk. Killed before the change nothing has happened; after it, the rest is finished by the
 * next erasure or collection.
 */
export async function eraseSubject(
  ctx: Context,
  options: { readonly dataset: string; readonly column: string; readonly values: readonly string[] },
): Promise<Erasure> {
  const { dataset, column, values } = options;
  const replaced = new Map<string, Replacement | undefined>();
  const referred = references(ctx);
  const salt = randomBytes(16).toString('hex');
  const proof = createHash('sha256').update(
    `${salt}\n${canonicalJson({ column, values: [...new Set(values)].toSorted() })}`,
  );
  const commitment = proof.digest('hex');
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const reach = await reachOf(ctx, dataset, column);
    const versions = (await listVersions(ctx)).filter((one) => reach.datasets.includes(one.dataset));
    // A version of which nobody knows the columns may hold the subject: it is not passed over.
    versions.forEach(checkReadable);
    await replaceParts(ctx, versions, column, values, replaced);
    const rewritten = await rewriteVersions(ctx, versions, replaced);
    const id = randomUUID();
    const erased = rewritten.map(({ before, rows }) => ({
      dataset: before.dataset,
      version: before.version,
      rows: before.rows - rows,
    }));
    const rows = erased.reduce((sum, one) => sum + one.rows, 0);
    const metadata = await ctx.service(metadataToken);
    const isDone = await metadata.change<DataTables, boolean>(ctx, async ({ db, record }) => {
      const now = await db
        .selectFrom('dataset_versions')
        .select(['dataset', 'version', 'digest'])
        .where('dataset', 'in', reach.datasets)
        .execute();
      const known = new Map(versions.map((one) => [`${one.dataset}@${one.version}`, one.digest]));
      if (now.some((one) => known.get(`${one.dataset}@${one.version}`) !== one.digest)) return false;
      for (const { before, digest, rows, columns } of rewritten) {
        await db
          .updateTable('dataset_versions')
          .set({ digest, rows, columns: JSON.stringify(columns) })
          .where('dataset', '=', before.dataset)
          .where('version', '=', before.version)
          .execute();
        // What was found in the old rows shows them.
        await db
          .deleteFrom('dataset_checks')
          .where('dataset', '=', before.dataset)
          .where('version', '=', before.version)
          .execute();
      }
      const used = await referred.current(db);
      await dropSketches(db, used);
      for (const { oldBlobs } of rewritten) {
        // Another dataset may hold the same part; it is named to the caller, and its part stays.
        for (const blob of oldBlobs.filter((digest) => !used.has(digest))) {
          const row = { digest: blob, bytes: 0, pinned_until_ms: 0, erased: 1 };
          await db
            .insertInto('dataset_blobs')
            .values(row)
            .onConflict((conflict) => conflict.column('digest').doUpdateSet({ erased: 1 }))
            .execute();
        }
      }
      await db
        .insertInto('dataset_erasures')
        .values({
          id,
          dataset,
          column_name: column,
          rows,
          versions: JSON.stringify(erased),
          commitment,
          principal: ctx.principal.id,
          erased_at: new Date().toISOString(),
        })
        .execute();
      await record(datasetErased, `dataset:${dataset}`, { id, column, rows, versions: erased, commitment });
      return true;
    });
    if (!isDone) continue;
    await collect(ctx, ctx, await findUnused(ctx));
    const beyond = rows === 0 ? [] : [...reach.beyond, ...(await alsoHolding(ctx, reach.datasets, replaced))];
    return { id, column, rows, versions: erased, beyond, commitment, salt };
  }
  throw dataError('ERASE_BUSY', {
    kind: 'conflict',
    message: `Versions of "${dataset}" are added faster than their rows can be looked at.`,
    hint: 'Nothing was erased. Pause what adds them, and run it again.',
  });
}

/** Looks at each part once, and stores what is left of those that hold rows to erase. */
async function replaceParts(
  ctx: Context,
  versions: readonly DatasetVersion[],
  column: string,
  values: readonly string[],
  replaced: Map<string, Replacement | undefined>,
): Promise<void> {
  const blobs = await ctx.service(blobsToken);
  const workspace = await blobs.workspace();
  try {
    for (const [index, version] of versions.entries()) {
      ctx.progress({
        step: `looking at ${version.dataset}@${version.version}`,
        fraction: index / versions.length,
      });
      const { parts } = await readManifest(ctx, version.digest);
      for (const part of parts.filter((one) => !replaced.has(one.digest))) {
        const file = await blobs.localPath(part.digest);
        const dirs = [workspace.dir, dirname(file)] as const;
        const engine = await openEngine(ctx.config(dataConfig), { files: [file], dirs, signal: ctx.signal });
        try {
          const [key] = version.columns.some((one) => one.name === column)
            ? chooseColumns(version.columns, [column])
            : [];
          const names = version.columns.map((one) => one.name);
          const made =
            key && (await takeValues(engine, values, key.type)) > 0
              ? await erasePart(engine, file, column, names, workspace.dir)
              : undefined;
          replaced.set(
            part.digest,
            made && {
              part: { digest: (await putPinnedFile(ctx, made.path)).digest, rows: made.rowsLeft },
              rowsErased: made.rowsErased,
              nullsErased: made.nullsErased,
            },
          );
        } finally {
          engine.close();
        }
      }
    }
  } finally {
    await workspace.remove();
  }
}

/** Versions of other datasets that hold the very same parts. */
async function alsoHolding(
  ctx: Context,
  datasets: readonly string[],
  replaced: ReadonlyMap<string, Replacement | undefined>,
): Promise<readonly string[]> {
  const others: string[] = [];
  for (const version of await listVersions(ctx)) {
    if (datasets.includes(version.dataset)) continue;
    const { parts } = await readManifest(ctx, version.digest);
    if (parts.some((part) => replaced.get(part.digest)))
      others.push(`dataset:${version.dataset}@${version.version}`);
  }
  return others;
}

/** New manifests for the versions that hold replaced parts. */
async function rewriteVersions(
  ctx: Context,
  versions: readonly DatasetVersion[],
  replaced: ReadonlyMap<string, Replacement | undefined>,
): Promise<readonly Rewritten[]> {
  const rewritten: Rewritten[] = [];
  for (const before of versions) {
    const manifest = await readManifest(ctx, before.digest);
    const gone = manifest.parts.flatMap((part) => replaced.get(part.digest) ?? []);
    if (gone.length === 0) continue;
    const all = manifest.parts.map((part) => replaced.get(part.digest)?.part ?? part);
    const left = all.filter((part) => part.rows > 0);
    // A version without rows still has its columns, which are in an empty part.
    const made: Manifest = { ...manifest, parts: left.length > 0 ? left : all.slice(0, 1) };
    const { digest } = await putPinned(ctx, new TextEncoder().encode(canonicalJson(made)));
    rewritten.push({
      before,
      digest,
      rows: made.parts.reduce((sum, part) => sum + part.rows, 0),
      columns: before.columns.map((one) => ({
        ...one,
        nulls: one.nulls - gone.reduce((sum, part) => sum + (part.nullsErased[one.name] ?? 0), 0),
      })),
      oldBlobs: [
        before.digest,
        ...manifest.parts.filter((part) => replaced.get(part.digest)).map((part) => part.digest),
      ],
    });
  }
  return rewritten;
}
