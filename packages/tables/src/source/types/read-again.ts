import type { ColumnType } from '@trestle/statistics';
import type { TypedColumn } from '../../engine/batches.ts';
import { storedTypeOf } from '../../engine/column-types.ts';
import type { Engine } from '../../engine/engine.ts';
import { identifier } from '../../engine/quote.ts';
import { proveTypes } from './prove-types.ts';
import type { RawColumn } from './raw-table.ts';

/** A column that a text file does not say the type of. */
export interface ReadOtherwise {
  readonly name: string;
  readonly type: ColumnType;
  /** What it would be read as; undefined where it has no value to tell from. */
  readonly as: ColumnType | undefined;
}

/**
 * Columns of a relation that would be read as another type from the text that it is written into.
 *
 * @param inStrings texts stand in quotes that say so, as in JSON; a field of a CSV may be anything
 */
export async function readOtherwise(
  engine: Engine,
  relation: string,
  columns: readonly TypedColumn[],
  inStrings: boolean,
): Promise<readonly ReadOtherwise[]> {
  const found = [
    ...(await textsReadOtherwise(engine, relation, columns, inStrings)),
    ...(await valuesReadAsTexts(engine, relation, columns, inStrings)),
  ];
  return columns.flatMap(({ name }) => found.filter((one) => one.name === name));
}

async function textsReadOtherwise(
  engine: Engine,
  relation: string,
  columns: readonly TypedColumn[],
  inStrings: boolean,
): Promise<readonly ReadOtherwise[]> {
  const names = columns.flatMap(({ name, type }) => (type === 'string' ? [name] : []));
  const raws = names.map((name): RawColumn => {
    const column = identifier(name);
    return { name, column: inStrings ? `('s' || ${column})` : column, isTagged: inStrings, nulls: [] };
  });
  const nothing = { types: new Map(), dateFormat: undefined, numerals: {}, scales: new Map() };
  const proved = await proveTypes(engine, [{ relation, table: { columns: raws } }], names, nothing);
  return proved.flatMap(({ name, spelling }) =>
    spelling === undefined ? [] : [{ name, type: 'string' as const, as: spelling.type }],
  );
}

/** Of what is written as a text that proves its type, all but these. */
async function valuesReadAsTexts(
  engine: Engine,
  relation: string,
  columns: readonly TypedColumn[],
  inStrings: boolean,
): Promise<readonly ReadOtherwise[]> {
  const asked = columns.filter(({ type }) => type !== 'string');
  if (asked.length === 0) return [];
  const tests = asked.map((one) => {
    const column = identifier(one.name);
    const isDouble = storedTypeOf(one) === 'DOUBLE';
    const odd = isDouble
      ? `NOT isfinite(${column})`
      : `NOT isfinite(${column}) OR ${column} < TIMESTAMP '1000-01-01'`;
    return [`count(${column})`, isDouble || one.type === 'timestamp' ? `count_if(${odd})` : '0'] as const;
  });
  const list = tests.map(([values, odd], index) => `${values} AS v${index}, ${odd} AS o${index}`);
  const [row = {}] = await engine.rows(`SELECT ${list.join(', ')} FROM ${relation}`);
  return asked.flatMap(({ name, type }, index): ReadOtherwise[] => {
    const [values, odd] = [Number(row[`v${index}`]), Number(row[`o${index}`])];
    // A NaN is null in JSON.
    if (values === 0 || (type === 'number' && odd === values && inStrings))
      return [{ name, type, as: undefined }];
    const isText = type === 'timestamp' ? odd > 0 : odd === values;
    return isText ? [{ name, type, as: 'string' }] : [];
  });
}
