import type { Column } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import type { Engine } from '@trestle/tables';
import { identifier } from '@trestle/tables/sql';
import { dataError } from '../data-error.ts';
import { commitVersion } from '../version/commit-version.ts';
import { chooseColumns } from '../version/read-batches.ts';
import { parquetRelation, withVersion } from '../version/version-relation.ts';
import { readManifest, resolveVersion } from '../version/versions.ts';
import { storePart, writePart } from '../version/write-part.ts';
import { type SplitSpec, splitSql } from './split-sql.ts';

const COLUMNS = [
  { name: 'row', type: 'integer' },
  { name: 'part', type: 'string' },
] as const;

/**
 * Divides a version's rows: a dataset version with the place of each row and its part, made from the version by an edge
 * `split`. The same version and spec give the same parts.
 *
 * @throws TRS_DATA_SPLIT when it makes no sense or a part would be empty, TRS_DATA_UNKNOWN_COLUMN
 */
export async function splitVersion(
  ctx: Context,
  input: SplitSpec & { readonly name: string; readonly as?: string | undefined },
) {
  const { name, as, ...spec } = input;
  const version = await resolveVersion(ctx, name);
  checkSpec(spec);
  chooseColumns(version.columns, [...spec.key, ...(spec.by === undefined ? [] : [spec.by])]);
  checkTimes(spec, version.columns);
  const manifest = await readManifest(ctx, version.digest);
  return await withVersion(ctx, manifest, ctx.signal, async (engine, relation, dir) => {
    const time = timeOf(spec, version.columns);
    const part = await writePart(engine, `(${splitSql(relation, spec, time)})`, COLUMNS, dir);
    const spans = time === undefined ? new Map() : await spansOf(engine, relation, time, part.path);
    const counted = await engine.rows(
      `SELECT part, count(*) AS n FROM ${parquetRelation([part.path])} GROUP BY part ORDER BY part`,
    );
    const parts = counted.map(({ part: which, n }) => ({
      part: String(which),
      rows: Number(n),
      ...spans.get(String(which)),
    }));
    checkParts(spec, parts);
    const of = `${version.dataset}@${version.version}`;
    const stored = await storePart(ctx, part, `A split of ${of}`);
    const made = await commitVersion(ctx, ctx, {
      dataset: as ?? `${version.dataset}.split`,
      manifest: { format: 1, columns: [...COLUMNS], parts: [stored] },
      columns: part.columns,
      source: `split of ${of}: ${described(spec)}`,
      madeFrom: [{ ref: `dataset:${of}`, kind: 'split' }],
    });
    return { ...made, of, parts };
  });
}

const described = ({ kind, by, key, test, validation, folds, seed }: SplitSpec): string =>
  [
    kind,
    ...(by === undefined ? [] : [`by ${by}`]),
    ...(key.length === 0 ? [] : [`key ${key.join(', ')}`]),
    ...(kind === 'folds' ? [`${folds} folds`] : [`test ${test}`, `validation ${validation}`]),
    ...(kind === 'time' ? [] : [`seed ${seed}`]),
  ].join(', ');

function checkSpec(spec: SplitSpec): void {
  const needsColumn = spec.kind === 'stratified' || spec.kind === 'grouped' || spec.kind === 'time';
  if (needsColumn && spec.by === undefined)
    throw splitError(`--kind ${spec.kind} needs a column`, 'Name it with --by.');
  if (!needsColumn && spec.by !== undefined)
    throw splitError(`--kind ${spec.kind} takes no --by`, 'Use --kind stratified, grouped or time.');
  if (spec.kind !== 'folds' && spec.test + spec.validation >= 1)
    throw splitError('nothing is left to train on', 'Make --test and --validation smaller.');
}

/** SQL: a row's place in time; NULL where that is no point in it: what is infinite is not the latest. */
function timeOf({ kind, by }: SplitSpec, columns: readonly Column[]): string | undefined {
  if (kind !== 'time' || by === undefined) return undefined;
  const { type, stored } = columns.find(({ name }) => name === by) ?? {};
  const column = identifier(by);
  const isExact = type === 'integer' || stored !== undefined;
  return isExact ? column : `CASE WHEN isfinite(${column}) THEN ${column} END`;
}

interface Span {
  /** The earliest and the latest time of a part. */
  readonly from?: string;
  readonly to?: string;
  /** Rows without a time. */
  readonly withoutTime: number;
}

async function spansOf(
  engine: Engine,
  relation: string,
  time: string,
  parts: string,
): Promise<ReadonlyMap<string, Span>> {
  const rows = await engine.rows(
    `SELECT part, CAST(min(t) AS VARCHAR) AS least, CAST(max(t) AS VARCHAR) AS most, count(*) - count(t) AS missing
     FROM (SELECT ${time} AS t, row_number() OVER () - 1 AS "row" FROM ${relation}) JOIN ${parquetRelation([parts])} USING ("row") GROUP BY part`,
  );
  return new Map(
    rows.map(({ part, least, most, missing }) => [
      String(part),
      {
        ...(least === null ? {} : { from: String(least), to: String(most) }),
        withoutTime: Number(missing),
      },
    ]),
  );
}

/** Texts would be ordered by their letters: 31/01/2022 behind 01/12/2024. */
function checkTimes({ kind, by }: SplitSpec, columns: readonly Column[]): void {
  const type = kind === 'time' && columns.find(({ name }) => name === by)?.type;
  if (type === 'string' || type === 'boolean')
    throw splitError(
      `"${by}" is ${type}, which does not order rows in time`,
      'Name a column of times or numbers; "trestle data add … --date-format %d/%m/%Y" makes times of texts.',
    );
}

function checkParts(spec: SplitSpec, parts: readonly { readonly part: string }[]): void {
  const wanted =
    spec.kind === 'folds'
      ? Array.from({ length: spec.folds }, (_, fold) => `fold-${fold}`)
      : ['train', 'test', ...(spec.validation > 0 ? ['validation'] : [])];
  const empty = wanted.find((name) => !parts.some(({ part }) => part === name));
  if (empty !== undefined)
    throw splitError(
      `no row falls into the part "${empty}"`,
      'Use more rows, another seed or other shares; rows of one group or moment stay together.',
    );
}

const splitError = (what: string, hint: string) =>
  dataError('SPLIT', { kind: 'invalid', message: `The rows cannot be split so: ${what}.`, hint });
