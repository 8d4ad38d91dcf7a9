import { readFile } from 'node:fs/promises';
import { type Context, type Journal, journalToken } from '@trestle/kernel';
import { systemError } from '../system-error.ts';
import type { AuditVerdict } from './audit-verify.ts';
import { type Checkpoint, openCheckpoint, readKey } from './checkpoint.ts';
import { entriesOf, originOf } from './entries.ts';
import { merkleRoot } from './merkle-root.ts';

const BATCH = 1_000;

export async function verifyLog(
  ctx: Context,
  input: {
    readonly head?: string | undefined;
    readonly checkpoint?: string | undefined;
    readonly key?: string | undefined;
  },
): Promise<AuditVerdict> {
  const signed = await signedCheckpoint(ctx, input);
  const journal = await ctx.service(journalToken);
  let verdict: AuditVerdict = await journal.verify();
  if (input.head !== undefined && verdict.ok) {
    const headAt = await positionOf(journal, input.head);
    verdict = { ...verdict, ok: headAt !== undefined, headAt: headAt ?? null };
  }
  if (signed !== undefined && verdict.firstBad === undefined) {
    const matches = await beginsWith(journal, signed, ctx.signal);
    const { origin, size } = signed;
    verdict = { ...verdict, ok: verdict.ok && matches, checkpoint: { origin, size, matches } };
  }
  return verdict;
}

/** @throws TRS_SYSTEM_CHECKPOINT, TRS_SYSTEM_CHECKPOINT_KEY, TRS_SYSTEM_KEY, TRS_SYSTEM_CHECKPOINT_ALONE */
async function signedCheckpoint(
  ctx: Context,
  { checkpoint, key }: { readonly checkpoint?: string | undefined; readonly key?: string | undefined },
): Promise<Checkpoint | undefined> {
  if (checkpoint === undefined && key === undefined) return undefined;
  if (checkpoint === undefined || key === undefined) throw alone();
  const read = async (path: string): Promise<string> => await readFile(await ctx.files.read(path), 'utf8');
  return openCheckpoint(await read(checkpoint), readKey(await read(key), 'public'));
}

/** Whether the log begins with what was signed, entry for entry. */
async function beginsWith(
  journal: Journal,
  { origin, size, root }: Checkpoint,
  signal: AbortSignal,
): Promise<boolean> {
  const tree = merkleRoot();
  let seen = 0;
  for await (const entry of entriesOf(journal, signal)) {
    if (seen === 0 && originOf(entry) !== origin) return false;
    if (seen === size) break;
    tree.add(Buffer.from(entry.hash, 'hex'));
    seen++;
  }
  return seen === size && tree.root().equals(root);
}

const alone = () =>
  systemError('CHECKPOINT_ALONE', {
    kind: 'usage',
    message: 'A checkpoint and the public key that signed it go together.',
    hint: 'trestle audit verify --checkpoint FILE --key audit.pub',
  });

/** Where in the log an entry with this hash stands. */
async function positionOf(journal: Journal, hash: string): Promise<number | undefined> {
  let after = 0;
  for (;;) {
    const events = await journal.read({ after, limit: BATCH });
    const found = events.find((event) => event.hash === hash);
    if (found) return found.seq;
    const last = events.at(-1);
    if (!last) return undefined;
    after = last.seq;
  }
}
