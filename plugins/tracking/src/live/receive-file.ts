import { mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Context, invariant } from '@trestle/kernel';
import { blobsToken, metadataToken } from '@trestle/store';
import { isOurs, putArtifactFile } from '../artifacts.ts';
import { trackingError } from '../tracking-error.ts';
import type { TrackingTables } from '../tracking-tables.ts';

/** A file that comes in parts: whose it is, what it will be, and where the next part begins. */
export interface FilePart {
  readonly run: string;
  readonly digest: string;
  readonly bytes: number;
  readonly offset: number;
}

export interface FileState {
  /** How much of it is here; the next part begins there. */
  readonly offset: number;
  readonly isWhole: boolean;
}

/** Parts of one file come one behind the other, also when two senders send it. */
const turns = new Map<string, Promise<unknown>>();

/** How much of a file is here: what came before a cut need not be sent again. */
export async function fileState(ctx: Context, part: Omit<FilePart, 'offset'>): Promise<FileState> {
  const db = (await ctx.service(metadataToken)).query<TrackingTables>();
  // Of content that others keep nobody learns that it is here.
  if ((await isOurs(db, part.digest)) && (await (await ctx.service(blobsToken)).has(part.digest)))
    return { offset: part.bytes, isWhole: true };
  const found = await stat(pathOf(ctx, part)).catch(() => undefined);
  return { offset: found?.size ?? 0, isWhole: false };
}

/**
 * Takes the next part of a file. When it is whole, and what was promised, it is kept for an artifact.
 *
 * @throws TRS_TRACKING_FILE_OFFSET with the place where it goes on, TRS_TRACKING_FILE_DIFFERS
 */
export async function receivePart(ctx: Context, part: FilePart, content: Uint8Array): Promise<FileState> {
  const path = pathOf(ctx, part);
  const turn = (turns.get(path) ?? Promise.resolve()).then(() => append(ctx, part, content, path));
  const settled = turn.catch(() => {});
  turns.set(path, settled);
  try {
    return await turn;
  } finally {
    if (turns.get(path) === settled) turns.delete(path);
  }
}

async function append(ctx: Context, part: FilePart, content: Uint8Array, path: string): Promise<FileState> {
  const state = await fileState(ctx, part);
  if (state.isWhole) return state;
  if (state.offset !== part.offset || state.offset + content.length > part.bytes)
    throw trackingError('FILE_OFFSET', {
      kind: 'conflict',
      message: `The file goes on at byte ${state.offset} of ${part.bytes}, and ${content.length} bytes came for ${part.offset}.`,
      hint: 'Ask how much of it is here, and send what is missing.',
      details: { ...state },
    });
  // A workspace is refused where the disk is full but for what is kept in reserve.
  await (await (await ctx.service(blobsToken)).workspace()).remove();
  await mkdir(folderOf(ctx), { recursive: true, mode: 0o700 });
  const file = await open(path, 'a');
  try {
    await file.appendFile(content);
  } finally {
    await file.close();
  }
  const offset = state.offset + content.length;
  if (offset < part.bytes) return { offset, isWhole: false };
  const kept = await putArtifactFile(ctx, path);
  await rm(path, { force: true });
  if (kept.digest === part.digest) return { offset, isWhole: true };
  throw trackingError('FILE_DIFFERS', {
    kind: 'invalid',
    message: `The file that came is not the one that was promised: its SHA-256 is ${kept.digest}.`,
    hint: 'It changed while it was sent; send it again.',
    details: { promised: part.digest, came: kept.digest },
  });
}

const folderOf = (ctx: Context): string => join(ctx.project.stateDir, 'uploads');
const pathOf = (ctx: Context, { run, digest }: Pick<FilePart, 'run' | 'digest'>): string =>
  join(folderOf(ctx), invariant(/^[\w-]+$/.exec(`${run}-${digest}`), 'a plain name')[0]);
