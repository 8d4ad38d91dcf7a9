import { open } from 'node:fs/promises';
import { dataError } from '../data-error.ts';

/** Enough for a mark and whatever white space stands around it. */
const LOOK_BYTES = 4_096;

const ENDS: Readonly<Record<string, string>> = { '[': ']', '{': '}' };

/** A document that was cut off: DuckDB takes the rows that it finds in one. @throws TRS_DATA_JSON_CUT_OFF */
export async function checkJsonEnd(path: string, shown: string): Promise<void> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const at = async (position: number): Promise<string> => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(LOOK_BYTES), 0, LOOK_BYTES, position);
      return buffer
        .toString('utf8', 0, bytesRead)
        .replace(/^\uFEFF/, '')
        .trim();
    };
    const first = (await at(0)).at(0) ?? '';
    const last = (await at(Math.max(0, size - LOOK_BYTES))).at(-1);
    const wanted = ENDS[first];
    if (wanted === undefined || last === wanted) return;
    throw dataError('JSON_CUT_OFF', {
      kind: 'invalid',
      message: `"${shown}" begins with "${first}" but does not end with "${wanted}": the end is missing.`,
      hint: 'Copy or export the file again. For one object per line, call it .jsonl.',
    });
  } finally {
    await file.close();
  }
}
