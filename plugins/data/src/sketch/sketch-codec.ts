import { gunzipSync, gzipSync } from 'node:zlib';
import { type TableSketch, tableSketchSchema } from '@trestle/contracts';
import { registerBits } from '@trestle/statistics';
import { z } from 'zod';

/** What is kept is of this form; sketches of another are made anew. */
export const SKETCH_FORMAT = 2;
/** The most that a sketch may expand to. */
const MAX_BYTES = 2 ** 28;

const keptSchema = z.object({ format: z.literal(SKETCH_FORMAT), sketch: tableSketchSchema });

/** A sketch as text: JSON, compressed, in base64. */
export const encodeSketch = (sketch: TableSketch): string =>
  gzipSync(JSON.stringify({ format: SKETCH_FORMAT, sketch }), { level: 1 }).toString('base64');

/** @returns undefined for what is no sketch, or one of another format */
export function decodeSketch(text: string): TableSketch | undefined {
  const kept = keptSchema.safeParse(plainOf(text)).data;
  return kept && fitsTogether(kept.sketch) ? kept.sketch : undefined;
}

function plainOf(text: string): unknown {
  try {
    return JSON.parse(gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: MAX_BYTES }).toString());
  } catch {
    return undefined;
  }
}

/** What a schema of a single field cannot say. */
function fitsTogether({ rows, columns }: TableSketch): boolean {
  const size = 2 ** registerBits(columns.length);
  return columns.every(({ count, nulls, distinct, values, untold, registers }) => {
    if (count + nulls !== rows || distinct > count) return false;
    if (values.some(([, , place]) => place >= size * 64)) return false;
    if (registers === null) return untold === 0 && values.length === distinct;
    return untold > 0 && Buffer.from(registers, 'base64').length === size;
  });
}
