import type { ColumnSketch } from '@trestle/contracts';
import { FORMS } from '@trestle/tables';
import type { ColumnProfile, Semantic } from './profile-schema.ts';

/** The share of the texts that must have a form. */
const MOST = 0.9;
const PERSONAL: ReadonlySet<Semantic | null> = new Set(['email', 'phone', 'ip-address', 'name']);
const PERSONAL_NAME =
  /(^|[^a-z])(e-?mail|phone|mobile|telephone|first ?name|last ?name|surname|full ?name|given ?name|family ?name|maiden ?name|birth ?(date|day)?|date ?of ?birth|dob|ssn|social ?security|passport|iban|credit ?card|card ?number|street|address|zip ?code|postal ?code|ip ?address|gender|religion|ethnicity)([^a-z]|$)/i;
const NAME_NAME = /(^|[^a-z])(first|last|full|given|family|sur|maiden)[ _-]?name([^a-z]|$)/i;
const MONEY_NAME =
  /(^|[^a-z])(price|cost|amount|salary|wage|revenue|income|fee|payment|budget|usd|eur|gbp)s?([^a-z]|$)/i;

/** `firstName`, `first_name` and `first-name` as words. */
const words = (name: string): string => name.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll(/[_-]+/g, ' ');

type Described = Omit<ColumnProfile, 'semantic' | 'isPersonal'>;

/** What a column means: by the form of its values, then by its name, then by how many different ones there are. */
export function meaningOf(
  column: Described,
  forms: ColumnSketch['forms'],
  rows: number,
): Pick<ColumnProfile, 'semantic' | 'isPersonal'> {
  const semantic = semanticOf(column, forms, rows);
  return { semantic, isPersonal: PERSONAL.has(semantic) || PERSONAL_NAME.test(words(column.name)) };
}

function semanticOf(column: Described, forms: ColumnSketch['forms'], rows: number): Semantic | null {
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
  const form = formOf(forms);
  if (form) return form;
  if (NAME_NAME.test(words(column.name))) return 'name';
  if (column.lengths && column.lengths.mean >= 40) return 'text';
  if (isDifferent) return column.lengths && column.lengths.max <= 40 ? 'id' : 'text';
  return column.distinct * 10 <= column.count || column.distinct <= 20 ? 'category' : 'text';
}

/** The first form that nearly all texts which were looked at have. */
const formOf = (forms: ColumnSketch['forms']): Semantic | undefined =>
  FORMS.find((_, index) => forms && (forms.matches[index] ?? 0) >= MOST * forms.looked)?.[0];
