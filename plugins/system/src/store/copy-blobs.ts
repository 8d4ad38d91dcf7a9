import { createReadStream } from 'node:fs';
import { type Context, didYouMean, isTrestleError } from '@trestle/kernel';
import type { BlobInfo, Blobs } from '@trestle/store';
import { blobStores, type NamedBlobs } from '@trestle/store/adapter';
import { localOnly } from '../local-only.ts';
import { systemError } from '../system-error.ts';
import type { CopiedBlobs } from './store-copy.ts';

/** So many are under way at once: most are small, and each waits for the other side. */
const AT_ONCE = 8;

export async function copyBlobs(
  ctx: Context,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<CopiedBlobs> {
  localOnly(ctx);
  const known = ctx.extensions(blobStores);
  const [old, next] = [named(known, from), named(known, to)];
  if (old === next) throw samePlace(from);
  const [source, target] = [await old.open(ctx), await next.open(ctx)];
  let [copied, skipped, bytes] = [0, 0, 0];
  const damaged: string[] = [];
  const copy = async (blob: BlobInfo): Promise<void> => {
    if (await target.has(blob.digest)) {
      skipped++;
      return;
    }
    try {
      await target.put(createReadStream(await source.localPath(blob.digest)));
      copied++;
      bytes += blob.bytes;
    } catch (thrown) {
      // Nothing that is whole stays behind for one that is not.
      if (!isTrestleError(thrown) || !thrown.code.startsWith('TRS_STORE_BLOB_')) throw thrown;
      damaged.push(blob.digest);
    }
  };
  const blobs = source.list()[Symbol.asyncIterator]();
  const work = async (): Promise<void> => {
    for (;;) {
      ctx.signal.throwIfAborted();
      const { done, value } = await blobs.next();
      if (done) return;
      await copy(value);
      // Digests are spread evenly, and come in order.
      ctx.progress({ step: 'copying', fraction: Number.parseInt(value.digest.slice(0, 4), 16) / 65_536 });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (damaged.length > 0) throw someDamaged(from, to, damaged);
  await prove(source, target, to);
  return { from, to, checked: true, copied, skipped, bytes };
}

/** Walks both, which are in the same order. @throws TRS_SYSTEM_COPY_DIFFERS */
async function prove(source: Blobs, target: Blobs, to: string): Promise<void> {
  const there = target.list()[Symbol.asyncIterator]();
  let at = await there.next();
  for await (const { digest, bytes } of source.list()) {
    while (!at.done && at.value.digest < digest) at = await there.next();
    if (at.done || at.value.digest !== digest || at.value.bytes !== bytes) throw differs(to, digest);
  }
}

function named(known: readonly NamedBlobs[], name: string): NamedBlobs {
  const found = known.find((place) => place.name === name);
  if (found) return found;
  const names = known.map((place) => place.name);
  throw systemError('UNKNOWN_PLACE', {
    kind: 'not-found',
    message: `No plugin here brings a place "${name}" for content.${didYouMean(name, names)}`,
    hint: `There is ${names.join(', ')}. A plugin that brings another is named in "plugins" of the configuration, or by TRESTLE_BLOBS.`,
  });
}

const samePlace = (name: string) =>
  systemError('SAME_PLACE', {
    kind: 'invalid',
    message: `"${name}" cannot be copied to itself.`,
    hint: 'Name two places, as in "trestle store copy files s3".',
  });

const someDamaged = (from: string, to: string, damaged: readonly string[]) =>
  systemError('COPY_DAMAGED', {
    kind: 'failed',
    message: `${damaged.length} blobs of ${from} are damaged or have gone, ${damaged[0]} first; all others are in ${to}.`,
    hint: 'Restore them from a backup, or make them again, and run the command again: what is there is not copied twice.',
    details: { damaged: damaged.slice(0, 100) },
  });

const differs = (to: string, digest: string) =>
  systemError('COPY_DIFFERS', {
    kind: 'failed',
    message: `The blob ${digest} is not in ${to} as it should be.`,
    hint: `Something else writes there, or what was there is damaged ("trestle doctor --deep" looks at it once ${to} is in use). Run the command again.`,
    details: { digest },
  });
