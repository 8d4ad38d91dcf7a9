import type { Column } from '@trestle/contracts';
import { type Engine, plainValue } from '@trestle/tables';
import { identifier } from '@trestle/tables/sql';
import { dataError } from '../data-error.ts';
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
  sides: Sides,
  key: string,
): Promise<{ rows: Diff['rows']; changed: ReadonlyMap<string, number> }> {
  const { engine, from, to, columns } = sides;
  const k = identifier(key);
  for (const side of [from, to]) await checkKey(engine, side, key);
  const only = (these: string, those: string): string =>
    `SELECT * FROM ${these} x WHERE NOT EXISTS (SELECT 1 FROM ${those} y WHERE y.${k} = x.${k})`;
  const isWide = columns.length > WIDE_COLUMNS;
  const changed = await changedByKey(sides, key);
  return {
    rows: {
      by: key,
      added: await countOf(engine, only(to, from)),
      removed: await countOf(engine, only(from, to)),
      changed: changed.rows,
      examples: {
        added: isWide ? [] : await examplesOf(engine, `${only(to, from)} ORDER BY ${k}`),
        removed: isWide ? [] : await examplesOf(engine, `${only(from, to)} ORDER BY ${k}`),
        changed: changed.examples,
      },
    },
    changed: changed.counts,
  };
}

/** Columns that one statement compares. */
const COMPARED_AT_ONCE = 100;
/** Keys of rows that differ, and which of their columns do. */
const KEYS = '"trestle changed keys"';
const FLAGS = '"trestle changed columns"';

interface Changed {
  readonly rows: number;
  readonly counts: ReadonlyMap<string, number>;
  readonly examples: Diff['rows']['examples']['changed'];
}

/** What differs in rows that both sides have: some columns at once, as a statement over thousands does not fit the memory. */
async function changedByKey({ engine, from, to, columns }: Sides, key: string): Promise<Changed> {
  const k = identifier(key);
  const join = `FROM ${from} a JOIN ${to} b ON a.${k} = b.${k}`;
  const others = columns.map(({ name }) => name).filter((name) => name !== key);
  const groups: string[][] = [];
  for (let at = 0; at < others.length; at += COMPARED_AT_ONCE)
    groups.push(others.slice(at, at + COMPARED_AT_ONCE));
  await engine.run(`CREATE OR REPLACE TEMP TABLE ${KEYS} AS SELECT ${k} AS k FROM ${from} LIMIT 0`);
  const counts = new Map<string, number>();
  for (const names of groups) {
    const differs = names.map((name) => `a.${identifier(name)} IS DISTINCT FROM b.${identifier(name)}`);
    const flags = differs.map((one, index) => `${one} AS d${index}`);
    await engine.run(
      `CREATE OR REPLACE TEMP TABLE ${FLAGS} AS SELECT a.${k} AS k, ${flags.join(', ')} ${join} WHERE ${differs.join(' OR ')}`,
    );
    const sums = names.map((_, index) => `count(CASE WHEN d${index} THEN 1 END) AS c${index}`);
    const [found = {}] = await engine.rows(`SELECT ${sums.join(', ')} FROM ${FLAGS}`);
    for (const [index, name] of names.entries()) counts.set(name, Number(found[`c${index}`]));
    await engine.run(`INSERT INTO ${KEYS} SELECT k FROM ${FLAGS}`);
  }
  const [total] = await engine.rows(`SELECT count(DISTINCT k) AS n FROM ${KEYS}`);
  const first = `SELECT DISTINCT k FROM ${KEYS} ORDER BY 1 LIMIT ${SHOWN}`;
  const examples = new Map(
    (await engine.rows(first)).map((row) => {
      const value = plainValue(row.k ?? null);
      const none: Changed['examples'][number] = { key: value, columns: {} };
      return [value, none] as const;
    }),
  );
  for (const names of groups) {
    const some = names.filter((name) => counts.get(name) !== 0);
    if (some.length === 0) continue;
    const pairs = some.flatMap((name, index) => {
      const [a, b] = [`a.${identifier(name)}`, `b.${identifier(name)}`];
      return [`${a} AS a${index}`, `${b} AS b${index}`, `${a} IS DISTINCT FROM ${b} AS d${index}`];
    });
    const rows = await engine.rows(
      `SELECT a.${k} AS "key", ${pairs.join(', ')} ${join} WHERE a.${k} IN (${first})`,
    );
    for (const row of rows) {
      const value = plainValue(row.key ?? null);
      const differing = some.flatMap((name, index) => {
        if (row[`d${index}`] !== true) return [];
        const sides = {
          from: plainValue(row[`a${index}`] ?? null),
          to: plainValue(row[`b${index}`] ?? null),
        };
        return [[name, sides] as const];
      });
      const known = examples.get(value)?.columns;
      examples.set(value, { key: value, columns: { ...known, ...Object.fromEntries(differing) } });
    }
  }
  return { rows: Number(total?.n), counts, examples: [...examples.values()] };
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
