import { open, rename, rm } from 'node:fs/promises';
import { type Context, journalToken } from '@trestle/kernel';
import { canonicalJson } from '@trestle/store';
import { localOnly } from '../local-only.ts';
import { exists } from '../new-folder.ts';
import { systemError } from '../system-error.ts';
import type { ExportedLog } from './audit-export.ts';
import { entriesOf } from './entries.ts';

const BATCH = 1_000;

export async function exportLog(ctx: Context, input: { readonly out: string }): Promise<ExportedLog> {
  localOnly(ctx);
  const out = await ctx.files.write(input.out);
  if (await exists(out)) throw isThere(input.out);
  // Its name is there when all of it is.
  const part = `${out}.part`;
  let [events, head] = [0, ''];
  try {
    const file = await open(part, 'w', 0o600);
    try {
      let lines = '';
      for await (const entry of entriesOf(await ctx.service(journalToken), ctx.signal)) {
        lines += `${canonicalJson(entry)}\n`;
        head = entry.hash;
        if (++events % BATCH === 0) {
          await file.appendFile(lines);
          lines = '';
        }
      }
      await file.appendFile(lines);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, out);
  } finally {
    await rm(part, { force: true });
  }
  return { out, events, head };
}

const isThere = (path: string) =>
  systemError('FILE_IS_THERE', {
    kind: 'conflict',
    message: `"${path}" is there already.`,
    hint: 'Name a file that is not there, or remove it.',
    details: { path },
  });
