import type { Column } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
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
    const part = await writePart(engine, `(${splitSql(relation, spec)})`, COLUMNS, dir);
    const counted = await engine.rows(
      `SELECT part, count(*) AS n FROM ${parquetRelation([part.path])} GROUP BY part ORDER BY part`,
    );
    const parts = counted.map(({ part: which, n }) => ({ part: String(which), rows: Number(n) }));
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
