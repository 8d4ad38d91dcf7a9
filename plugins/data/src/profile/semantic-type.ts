import type { Engine } from '../engine/engine.ts';
import { identifier, literal } from '../engine/quote.ts';
import type { ColumnProfile, Semantic } from './profile-schema.ts';

/** Values that are looked at. */
const LOOKED_AT = 2_000;
/** The share of them that a pattern must match. */
const MOST = 0.9;

const PATTERNS: readonly (readonly [Semantic, string])[] = [
  ['email', '[^@\\s]+@[^@\\s]+\\.[^@\\s]{2,}'],
  ['uuid', '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}'],
  ['url', '(?i)https?://\\S+'],
  ['ip-address', '(\\d{1,3}\\.){3}\\d{1,3}|([0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}'],
  ['money', '[-+]?\\s?[$€£¥]\\s?\\d[\\d.,\\x27 ]*|[-+]?\\d[\\d.,\\x27 ]*\\s?([$€£¥]|USD|EUR|GBP|CHF|JPY)'],
  [
    'date',
    '\\d{4}[-/.]\\d{1,2}[-/.]\\d{1,2}.{0,20}|\\d{1,2}[-/.]\\d{1,2}[-/.]\\d{2,4}.{0,20}|\\d{1,2} \\p{L}{3,12}\\.? \\d{4}',
  ],
  ['phone', '(\\+|00|\\()[\\d ()/.-]{6,20}\\d|\\d{3}[-. ]\\d{3,4}[-. ]\\d{3,4}'],
];
const PERSONAL: ReadonlySet<Semantic | null> = new Set(['email', 'phone', 'ip-address', 'name']);
const PERSONAL_NAME =
  /(^|[^a-z])(e-?mail|phone|mobile|telephone|first ?name|last ?name|surname|full ?name|given ?name|family ?name|maiden ?name|birth ?(date|day)?|date ?of ?birth|dob|ssn|social ?security|passport|iban|credit ?card|card ?number|street|address|zip ?code|postal ?code|ip ?address|gender|religion|ethnicity)([^a-z]|$)/i;
const NAME_NAME = /(^|[^a-z])(first|last|full|given|family|sur|maiden)[ _-]?name([^a-z]|$)/i;
const MONEY_NAME =
  /(^|[^a-z])(price|cost|amount|salary|wage|revenue|income|fee|payment|budget|usd|eur|gbp)s?([^a-z]|$)/i;

/** `firstName`, `first_name` and `first-name` as words. */
const words = (name: string): string => name.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll(/[_-]+/g, ' ');

/** What a column means: by the form of its values, then by its name, then by how many different ones there are. */
export async function meaningOf(
  engine: Engine,
  relation: string,
  column: Omit<ColumnProfile, 'semantic' | 'isPersonal'>,
  rows: number,
): Promise<Pick<ColumnProfile, 'semantic' | 'isPersonal'>> {
  const semantic = await semanticOf(engine, relation, column, rows);
  return { semantic, isPersonal: PERSONAL.has(semantic) || PERSONAL_NAME.test(words(column.name)) };
}

async function semanticOf(
  engine: Engine,
  relation: string,
  column: Omit<ColumnProfile, 'semantic' | 'isPersonal'>,
  rows: number,
): Promise<Semantic | null> {
  if (column.count === 0) return null;
  if (column.type === 'timestamp') return 'date';
  if (column.type === 'boolean') return 'category';
  const isDifferent = column.count === rows && rows > 1 && column.distinct >= 0.95 * rows;
  if (column.type !== 'string') {
    if (MONEY_NAME.test(words(column.name))) return 'money';
    if (column.type === 'integer' && isDifferent) return 'id';
    return column.type === 'integer' && column.distinct <= 12 && column.distinct * 20 <= rows
      ? 'category'
      : null;
  }
  const form = await formOf(engine, relation, column.name);
  if (form) return form;
  if (NAME_NAME.test(words(column.name))) return 'name';
  if (column.lengths && column.lengths.mean >= 40) return 'text';
  if (isDifferent) return column.lengths && column.lengths.max <= 40 ? 'id' : 'text';
  return column.distinct * 10 <= column.count || column.distinct <= 20 ? 'category' : 'text';
}

/** The first pattern that nearly all of the first values match. */
async function formOf(engine: Engine, relation: string, name: string): Promise<Semantic | undefined> {
  const column = identifier(name);
  const list = PATTERNS.map(
    ([, pattern], index) => `count(*) FILTER (regexp_full_match(v, ${literal(pattern)})) AS p${index}`,
  );
  const [found = {}] = await engine.rows(
    `SELECT count(*) AS n, ${list.join(', ')} FROM (SELECT trim(${column}) AS v FROM ${relation} WHERE ${column} IS NOT NULL LIMIT ${LOOKED_AT})`,
  );
  return PATTERNS.find((_, index) => Number(found[`p${index}`]) >= MOST * Number(found.n))?.[0];
}
