import { open, rename, rm } from 'node:fs/promises';
import { type Context, journalToken } from '@trestle/kernel';
import { localOnly } from '../local-only.ts';
import { exists } from '../new-folder.ts';
import { systemError } from '../system-error.ts';
import type { ExportedLog } from './audit-export.ts';
import { linesOf } from './log-lines.ts';

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
      for await (const lines of linesOf(await ctx.service(journalToken), ctx.signal)) {
        await file.appendFile(lines.text);
        events += lines.events;
        head = lines.head;
      }
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
