import { readFile } from 'node:fs/promises';
import { type Context, type Journal, journalToken } from '@trestle/kernel';
import { systemError } from '../system-error.ts';
import type { AuditVerdict } from './audit-verify.ts';
import { type Checkpoint, openCheckpoint, readKey } from './checkpoint.ts';
import { originOf } from './entries.ts';
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
  const begins = signed && beginsWith(signed);
  let verdict: AuditVerdict = await journal.verify(begins?.each);
  if (input.head !== undefined && verdict.ok) {
    const headAt = await positionOf(journal, input.head);
    verdict = { ...verdict, ok: headAt !== undefined, headAt: headAt ?? null };
  }
  if (signed && begins && verdict.firstBad === undefined) {
    const matches = begins.matches();
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

/** Whether a log, of which it is told the hashes, begins with what was signed, entry for entry. */
function beginsWith({ origin, size, root }: Checkpoint) {
  const tree = merkleRoot();
  let seen = 0;
  let isOurs = true;
  return {
    each: (hash: string): void => {
      if (seen === 0) isOurs = originOf(hash) === origin;
      if (seen++ < size) tree.add(Buffer.from(hash, 'hex'));
    },
    matches: (): boolean => isOurs && seen >= size && tree.root().equals(root),
  };
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
