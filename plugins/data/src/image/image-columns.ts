import { isImageText } from '@trestle/model';
import type { Engine } from '@trestle/tables';
import { identifier } from '@trestle/tables/sql';

/** Rows in which a text is looked for. */
const LOOKED_AT = 20;

/** Those of some columns whose texts begin as images in base64 do, by the first rows. */
export async function imageColumns(
  engine: Engine,
  relation: string,
  names: readonly string[],
): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const starts = names.map((name, index) => `left(${identifier(name)}::VARCHAR, 40) AS t${index}`);
  const rows = await engine.rows(`SELECT ${starts.join(', ')} FROM ${relation} LIMIT ${LOOKED_AT}`);
  return names.filter((_, index) => {
    const text = rows.map((row) => row[`t${index}`]).find((value) => value !== null);
    return typeof text === 'string' && isImageText(text);
  });
}

/** Images in the form of their digests: as equal and as different, and short. The prediction log has the same ones. */
export const withDigests = (relation: string, images: readonly string[]): string =>
  images.length === 0
    ? relation
    : `(SELECT * REPLACE (${images.map((name) => `'sha256:' || sha256(${identifier(name)}::VARCHAR) AS ${identifier(name)}`).join(', ')}) FROM ${relation})`;
