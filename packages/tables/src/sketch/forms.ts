import type { ColumnSketch } from '@trestle/statistics';
import type { Engine } from '../engine/engine.ts';
import { identifier, literal } from '../engine/quote.ts';

/** Values that are looked at. */
const LOOKED_AT = 2_000;

/** Forms that texts have which mean something; the more particular ones first. */
export const FORMS = [
  ['email', '[^@\\s]+@[^@\\s]+\\.[^@\\s]{2,}'],
  ['uuid', '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}'],
  ['url', '(?i)https?://\\S+'],
  ['ip-address', '(\\d{1,3}\\.){3}\\d{1,3}|([0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}'],
  ['money', '[-+]?\\s?[$€£¥]\\s?\\d[\\d.,\\x27 ]*|[-+]?\\d[\\d.,\\x27 ]*\\s?([$€£¥]|USD|EUR|GBP|CHF|JPY)'],
  [
    'date',
    // A class of letters takes long to compile: one, where twelve would tell a length.
    '(\\d{4}[-/.]\\d{1,2}[-/.]\\d{1,2}|\\d{1,2}[-/.]\\d{1,2}[-/.]\\d{2,4}).{0,20}|\\d{1,2} \\p{L}+\\.? \\d{4}',
  ],
  ['phone', '(\\+|00|\\()[\\d ()/.-]{6,20}\\d|\\d{3}[-. ]\\d{3,4}[-. ]\\d{3,4}'],
] as const;

const TEXTS = '"trestle texts"';

/** How many of the first texts of each column have each form. Together, as patterns take longer to compile than to match. */
export async function formsOf(
  engine: Engine,
  relation: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, ColumnSketch['forms']>> {
  if (names.length === 0) return new Map();
  const first = names.map((name, c) => {
    const column = identifier(name);
    return `(SELECT ${c} AS c, trim(${column}) AS v FROM ${relation} WHERE ${column} IS NOT NULL LIMIT ${LOOKED_AT})`;
  });
  const list = FORMS.map(
    ([, pattern], index) => `count(*) FILTER (regexp_full_match(v, ${literal(pattern)})) AS p${index}`,
  );
  await engine.run(`CREATE OR REPLACE TEMP TABLE ${TEXTS} AS ${first.join(' UNION ALL ')}`);
  const rows = await engine.rows(`SELECT c, count(*) AS n, ${list.join(', ')} FROM ${TEXTS} GROUP BY c`);
  const found = new Map(rows.map((row) => [Number(row.c), row]));
  return new Map(
    names.map((name, c) => {
      const row = found.get(c);
      const matches = FORMS.map((_, index) => Number(row?.[`p${index}`] ?? 0));
      return [name, { looked: Number(row?.n ?? 0), matches }];
    }),
  );
}
