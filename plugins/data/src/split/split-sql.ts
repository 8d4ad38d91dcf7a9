import { identifier, literal } from '@trestle/tables/sql';

/** How rows are divided. */
export interface SplitSpec {
  readonly kind: 'random' | 'stratified' | 'grouped' | 'time' | 'folds';
  /** The column of strata, groups or times. */
  readonly by?: string | undefined;
  /** The columns that name a row; its place in the version when left out. */
  readonly key: readonly string[];
  readonly test: number;
  readonly validation: number;
  readonly folds: number;
  readonly seed: number;
}

/**
 * The rows of a relation with their places (from 0) and the part that each belongs to. What decides is a number in [0, 1) from
 * the seed and the row's key (MD5, which no other version of the engine computes differently): the same key is in the same part
 * whatever other rows there are, except where shares are exact (strata) or times decide.
 *
 * @param time SQL of a row's place in time; NULL where it has none, and then it is never among the latest
 */
export function splitSql(relation: string, spec: SplitSpec, time?: string): string {
  const by = time ?? (spec.by === undefined ? undefined : identifier(spec.by));
  const key = spec.kind === 'grouped' && by ? [by] : spec.key.map(identifier);
  const identity = key.length > 0 ? key : ['"trestle row"'];
  const texts = identity.map((column) => `coalesce(CAST(${column} AS VARCHAR), '')`);
  const chance = `CAST(md5_number_lower(concat_ws(chr(31), ${literal(String(spec.seed))}, ${texts.join(', ')})) >> 11 AS DOUBLE) / 9007199254740992`;
  const numbered = `SELECT *, row_number() OVER () - 1 AS "trestle row" FROM ${relation}`;
  const drawn = `SELECT *, ${chance} AS "trestle chance" FROM (${numbered})`;
  // Only windows over strata and times change the order of rows; sorting hundreds of millions that are sorted takes minutes.
  const isSorted = spec.kind !== 'stratified' && spec.kind !== 'time';
  return `SELECT CAST("trestle row" AS BIGINT) AS "row", ${partOf(spec, by)} AS part FROM (${drawn})${isSorted ? '' : ' ORDER BY "trestle row"'}`;
}

function partOf(spec: SplitSpec, by: string | undefined): string {
  const { test, validation, folds } = spec;
  const parts = (share: string): string =>
    `CASE WHEN ${share} < ${test} THEN 'test' WHEN ${share} < ${test + validation} THEN 'validation' ELSE 'train' END`;
  switch (spec.kind) {
    case 'folds':
      return `concat('fold-', CAST(floor("trestle chance" * ${folds}) AS INTEGER))`;
    case 'stratified':
      // The place within the stratum, as a share of it: every stratum is divided alike.
      return parts(
        `(row_number() OVER (PARTITION BY ${by} ORDER BY "trestle chance", "trestle row") - 0.5) / count(*) OVER (PARTITION BY ${by})`,
      );
    case 'time':
      // Behind how many rows of later times it comes: rows of one moment stay on one side.
      return parts(
        `(count(*) OVER (ORDER BY ${by} DESC NULLS LAST RANGE UNBOUNDED PRECEDING) - 0.5) / count(*) OVER ()`,
      );
    default:
      return parts('"trestle chance"');
  }
}
