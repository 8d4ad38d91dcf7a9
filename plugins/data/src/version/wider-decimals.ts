import { isTrestleError, type Scope } from '@trestle/kernel';
import { describeRelation, type Engine, type TypedColumn } from '@trestle/tables';
import { identifier } from '@trestle/tables/sql';
import type { Base } from './append-parts.ts';
import { type Manifest, schemaOf } from './manifest.ts';
import { withVersion } from './version-relation.ts';
import { writeExact } from './write-exact.ts';
import { storePart } from './write-part.ts';

const DECIMAL = /^DECIMAL\(\d+,(\d+)\)$/;
const MOST_DIGITS = 38;

const placesOf = ({ stored }: TypedColumn): number | undefined => {
  const [, places] = DECIMAL.exec(stored ?? '') ?? [];
  return places === undefined ? undefined : Number(places);
};

/**
 * A column of decimals that also holds the numbers of some relations, with every digit: as many places as any of them has, of 38
 * digits.
 *
 * @returns undefined where it is one already, or is not of decimals
 */
async function widerDecimal(
  engine: Engine,
  column: TypedColumn,
  relations: readonly string[],
): Promise<TypedColumn | undefined> {
  const places = placesOf(column);
  if (places === undefined) return undefined;
  let most = places;
  for (const relation of relations) {
    const found = (await describeRelation(engine, relation)).find(({ name }) => name === column.name);
    if (!found) continue;
    const text = `CAST(${identifier(column.name)} AS VARCHAR)`;
    // A small double is written with an exponent, of which no places can be counted.
    const plain = `coalesce(CAST(TRY_CAST(${text} AS DECIMAL(38,20)) AS VARCHAR), ${text})`;
    const digits = `rtrim(regexp_extract(${found.duckType === 'DOUBLE' ? plain : text}, '[.]([0-9]+)$', 1), '0')`;
    const [row] = await engine.rows(`SELECT max(length(${digits})) AS places FROM ${relation}`);
    most = Math.max(most, Number(row?.places ?? 0));
  }
  const stored = `DECIMAL(${MOST_DIGITS},${most})` as const;
  return most >= MOST_DIGITS || stored === column.stored ? undefined : { ...column, stored };
}

/** Rows that are about to be written: what they are selected from, and how they are. */
interface Attempt<T> {
  readonly relations: readonly string[];
  write(): Promise<T>;
}

interface Widening {
  /** Why the columns were made wider: what is refused where the rows before do not fit into them. */
  readonly tooNarrow?: unknown;
}

/**
 * Writes rows that come behind a base. Where one of its columns of decimals is too narrow for them, they are written again, behind
 * wider ones. @throws TRS_DATA_VALUE_CHANGED where no column is wide enough
 */
export async function behindWider<T>(
  engine: Engine,
  base: readonly TypedColumn[] | undefined,
  attempt: (base: readonly TypedColumn[] | undefined) => Promise<Attempt<T>>,
  tooNarrow?: unknown,
): Promise<T & Widening> {
  const { relations, write } = await attempt(base);
  try {
    return { ...(await write()), tooNarrow };
  } catch (thrown) {
    const name = isTrestleError(thrown) && thrown.code === 'TRS_DATA_VALUE_CHANGED' && thrown.details.column;
    const narrow = base?.find((column) => column.name === name);
    const wider = narrow && (await widerDecimal(engine, narrow, relations));
    if (!wider) throw thrown;
    const columns = base?.map((column) => (column === narrow ? wider : column));
    return await behindWider(engine, columns, attempt, tooNarrow ?? thrown);
  }
}

/** A version whose parts hold the same values in wider columns, for rows to be put behind; itself where the columns are its own. */
export async function widened(
  scope: Scope,
  base: Base,
  { columns, tooNarrow }: Widening & { readonly columns: readonly TypedColumn[] },
  signal: AbortSignal | undefined,
): Promise<Base> {
  const wanted = schemaOf(columns);
  const isWider = base.manifest.columns.some((column, index) => column.stored !== wanted[index]?.stored);
  if (!isWider) return base;
  const parts: Manifest['parts'] = [];
  const shown = `${base.dataset}@${base.version}`;
  for (const part of base.manifest.parts) {
    const written = await withVersion(
      scope,
      { ...base.manifest, parts: [part] },
      signal,
      async (engine, relation, dir) =>
        await storePart(scope, await writeExact(engine, { shown, relation }, columns, dir, false), shown),
    ).catch((thrown: unknown) => {
      // No decimals of 38 digits hold both: what was to come behind them is what does not fit.
      throw isTrestleError(thrown) && thrown.code === 'TRS_DATA_VALUE_CHANGED' ? tooNarrow : thrown;
    });
    parts.push(written);
  }
  const stored = new Map(columns.map((column) => [column.name, column.stored]));
  return {
    ...base,
    columns: base.columns.map((column) => ({ ...column, stored: stored.get(column.name) })),
    manifest: { ...base.manifest, columns: wanted, parts },
  };
}

/** What is to be said of columns that became wider. */
export const widerNotes = (
  before: readonly TypedColumn[] = [],
  after: readonly TypedColumn[],
): readonly string[] =>
  after.flatMap((column) => {
    const earlier = before.find(({ name }) => name === column.name);
    const places = placesOf(column);
    if (!earlier || earlier.stored === column.stored || places === undefined) return [];
    return [
      `Column ${JSON.stringify(column.name)} is kept as decimals with ${places} places and 38 digits from this version on, which hold all that there was.`,
    ];
  });
