import { readFile, writeFile } from 'node:fs/promises';
import { type Context, journalToken } from '@trestle/kernel';
import { localOnly } from '../local-only.ts';
import { systemError } from '../system-error.ts';
import type { MadeCheckpoint } from './audit-checkpoint.ts';
import { readKey, signCheckpoint } from './checkpoint.ts';
import { originOf } from './entries.ts';
import { merkleRoot } from './merkle-root.ts';

export async function makeCheckpoint(
  ctx: Context,
  input: { readonly key: string; readonly out?: string | undefined },
): Promise<MadeCheckpoint> {
  localOnly(ctx);
  const key = readKey(await readFile(await ctx.files.read(input.key), 'utf8'), 'private');
  const journal = await ctx.service(journalToken);
  const tree = merkleRoot();
  let origin: string | undefined;
  const {
    ok,
    firstBad,
    events: size,
  } = await journal.verify((hash) => {
    origin ??= originOf(hash);
    tree.add(Buffer.from(hash, 'hex'));
  });
  if (!ok) throw broken(firstBad);
  if (origin === undefined) throw empty();
  const checkpoint = signCheckpoint({ origin, size, root: tree.root() }, key);
  if (input.out !== undefined) await writeFile(await ctx.files.write(input.out), checkpoint);
  return { origin, size, root: tree.root().toString('hex'), checkpoint };
}

const broken = (firstBad: number | undefined) =>
  systemError('LOG_BROKEN', {
    kind: 'failed',
    message: `The log is broken at event ${firstBad}: nothing is signed that is not whole.`,
    hint: 'See "trestle audit verify".',
  });

const empty = () =>
  systemError('LOG_EMPTY', {
    kind: 'conflict',
    message: 'The log has no entry yet.',
    hint: 'Do something that is recorded first.',
  });
