import type { Column } from '@trestle/contracts';
import { dataError } from '../data-error.ts';
import type { Engine } from '../engine/engine.ts';
import { plainValue } from '../engine/plain-value.ts';
import { identifier } from '../engine/quote.ts';
import type { Diff } from './diff-schema.ts';

const SHOWN = 5;

export interface Sides {
  readonly engine: Engine;
  readonly from: string;
  readonly to: string;
  /** The columns that both have. */
  readonly columns: readonly Pick<Column, 'name'>[];
}

type Examples = Diff['rows']['examples']['added'];

async function examplesOf(engine: Engine, sql: string): Promise<Examples> {
  const rows = await engine.rows(`SELECT * FROM (${sql}) LIMIT ${SHOWN}`);
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plainValue(value)])),
  );
}

const countOf = async (engine: Engine, sql: string): Promise<number> =>
  Number((await engine.rows(`SELECT count(*) AS n FROM (${sql})`))[0]?.n);

/** Beyond, sets of rows take the engine more memory than there is, and an example more room than a person can look at. */
const WIDE_COLUMNS = 500;

/** Rows as wholes, each as often as it occurs. */
export async function diffWholeRows({ engine, from, to, columns }: Sides): Promise<Diff['rows']> {
  if (columns.length === 0)
    return { by: 'row', added: 0, removed: 0, changed: 0, examples: { added: [], removed: [], changed: [] } };
  const isWide = columns.length > WIDE_COLUMNS;
  const older = isWide ? await digestsOf(engine, from, columns, 'older rows') : from;
  const newer = isWide ? await digestsOf(engine, to, columns, 'newer rows') : to;
  const list = isWide ? 'digest' : columns.map(({ name }) => identifier(name)).join(', ');
  const only = (these: string, those: string): string =>
    `SELECT ${list} FROM ${these} EXCEPT ALL SELECT ${list} FROM ${those}`;
  return {
    by: 'row',
    added: await countOf(engine, only(newer, older)),
    removed: await countOf(engine, only(older, newer)),
    changed: 0,
    examples: {
      added: isWide ? [] : await examplesOf(engine, only(newer, older)),
      removed: isWide ? [] : await examplesOf(engine, only(older, newer)),
      changed: [],
    },
  };
}

/** A table of the digests of rows: each of some columns at once, as the rows are in one order every time they are read. */
async function digestsOf(
  engine: Engine,
  side: string,
  columns: Sides['columns'],
  table: string,
): Promise<string> {
  const parts: string[] = [];
  for (let at = 0; at < columns.length; at += WIDE_COLUMNS) {
    const list = columns.slice(at, at + WIDE_COLUMNS).map(({ name }) => identifier(name));
    const part = identifier(`${table} ${parts.length}`);
    await engine.run(
      `CREATE TEMP TABLE ${part} AS SELECT md5(CAST(row(${list.join(', ')}) AS VARCHAR)) AS digest FROM ${side}`,
    );
    parts.push(part);
  }
  const all = parts.map((part) => `${part}.digest`).join(', ');
  await engine.run(
    `CREATE TEMP TABLE ${identifier(table)} AS SELECT md5(concat(${all})) AS digest FROM ${parts.join(' POSITIONAL JOIN ')}`,
  );
  for (const part of parts) await engine.run(`DROP TABLE ${part}`);
  return identifier(table);
}

/** Rows by a key. @throws TRS_DATA_KEY_NOT_UNIQUE */
export async function diffByKey(
  { engine, from, to, columns }: Sides,
  key: string,
): Promise<{ rows: Diff['rows']; changed: ReadonlyMap<string, number> }> {
  const k = identifier(key);
  for (const side of [from, to]) await checkKey(engine, side, key);
  const others = columns.filter(({ name }) => name !== key);
  const differs = others.map(({ name }) => `a.${identifier(name)} IS DISTINCT FROM b.${identifier(name)}`);
  const join = `FROM ${from} a JOIN ${to} b ON a.${k} = b.${k}`;
  const only = (these: string, those: string): string =>
    `SELECT * FROM ${these} x WHERE NOT EXISTS (SELECT 1 FROM ${those} y WHERE y.${k} = x.${k})`;
  const isChanged = differs.length === 0 ? 'false' : differs.join(' OR ');
  const counts = differs.map((one, index) => `count(*) FILTER (${one}) AS c${index}`);
  const [found = {}] = await engine.rows(
    `SELECT count(*) FILTER (${isChanged}) AS n${counts.length > 0 ? `, ${counts.join(', ')}` : ''} ${join}`,
  );
  const pairs = others.flatMap(({ name }, index) => [
    `a.${identifier(name)} AS a${index}`,
    `b.${identifier(name)} AS b${index}`,
    `${differs[index]} AS d${index}`,
  ]);
  const examples = await engine.rows(
    `SELECT a.${k} AS "key"${pairs.length > 0 ? `, ${pairs.join(', ')}` : ''} ${join} WHERE ${isChanged} ORDER BY 1 LIMIT ${SHOWN}`,
  );
  return {
    rows: {
      by: key,
      added: await countOf(engine, only(to, from)),
      removed: await countOf(engine, only(from, to)),
      changed: Number(found.n),
      examples: {
        added: await examplesOf(engine, `${only(to, from)} ORDER BY ${k}`),
        removed: await examplesOf(engine, `${only(from, to)} ORDER BY ${k}`),
        changed: examples.map((row) => ({
          key: plainValue(row.key ?? null),
          columns: Object.fromEntries(
            others.flatMap(({ name }, index) =>
              row[`d${index}`] === true
                ? [
                    [
                      name,
                      {
                        from: plainValue(row[`a${index}`] ?? null),
                        to: plainValue(row[`b${index}`] ?? null),
                      },
                    ],
                  ]
                : [],
            ),
          ),
        })),
      },
    },
    changed: new Map(others.map(({ name }, index) => [name, Number(found[`c${index}`])])),
  };
}

async function checkKey(engine: Engine, side: string, key: string): Promise<void> {
  const k = identifier(key);
  const [twice] = await engine.rows(
    `SELECT ${k} AS k, count(*) AS n FROM ${side} GROUP BY 1 HAVING count(*) > 1 OR ${k} IS NULL LIMIT 1`,
  );
  if (!twice) return;
  throw dataError('KEY_NOT_UNIQUE', {
    kind: 'invalid',
    message: `"${key}" is no key: ${twice.k === null ? 'it is missing' : `${JSON.stringify(plainValue(twice.k ?? null))} occurs`} in ${twice.n} ${Number(twice.n) === 1 ? 'row' : 'rows'}.`,
    hint: 'Name a column whose values differ in every row, or leave --key out to compare whole rows.',
    details: { key },
  });
}
