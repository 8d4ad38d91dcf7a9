import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { type Host, openHost } from '@trestle/kernel';
import { storePlugin } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import writeExcelFile, { type SheetData } from 'write-excel-file/node';
import { dataAdd, dataPlugin, dataQuery, dataShow } from '../index.ts';

let project: TemporaryProject;
let host: Host;
let duck: DuckDBInstance;
beforeAll(async () => {
  project = await temporaryProject();
  host = await project.open([dataPlugin]);
  duck = await DuckDBInstance.create(':memory:');
});
afterAll(async () => {
  duck.closeSync();
  await project.remove();
});

let count = 0;
const fresh = (): string => `d${count++}`;
const add = async (path: string, name: string, options = {}) =>
  await host.run(dataAdd, { path, name, ...options }, { surface: 'cli' });
const values = async (name: string) =>
  (await host.run(dataQuery, { sql: `SELECT CAST(x AS VARCHAR) AS x FROM ${name}` })).rows.map(({ x }) => x);
const put = async (path: string, content: string | Uint8Array): Promise<void> => {
  await mkdir(dirname(join(project.dir, path)), { recursive: true });
  await writeFile(join(project.dir, path), content);
};
const parquet = async (path: string, select: string): Promise<void> => {
  await put(path, '');
  const connection = await duck.connect();
  await connection.run(`COPY (${select}) TO '${join(project.dir, path)}' (FORMAT parquet)`);
  connection.closeSync();
};

describe('numbers put behind decimals', () => {
  it.each<readonly [string, string, readonly string[], string]>([
    ['a.csv', 'x\n1.5\n', [], '1.50'],
    ['a.csv', 'x\n1234567890123456.7\n', ['x=number'], '1234567890123456.70'],
    ['a.csv', 'x\n+1.50e1\n', ['x=number'], '15.00'],
    ['a.csv', 'x\n123456789012345.67\n', ['x=number'], '123456789012345.67'],
    ['a.json', '[{"x":123456789012345.67},{"x":0.5}]', [], '123456789012345.67'],
    ['a.json', '[{"x":9007199254740.93},{"x":1E1}]', [], '9007199254740.93'],
  ])('%s of %j with --type %j are what stands there', async (path, content, type, expected) => {
    const name = fresh();
    await parquet('base.parquet', 'SELECT 1.25::DECIMAL(18,2) AS x');
    await add('base.parquet', name);
    await put(path, content);
    await add(path, name, { append: true, type });
    expect((await values(name))[1]).toBe(expected);
  });

  it.each<readonly [string, string, readonly string[], string, readonly string[]]>([
    ['a.csv', 'x\n1.255\n', [], 'DECIMAL(38,3)', ['1.250', '1.255']],
    ['a.csv', 'x\n1.255\n', ['x=number'], 'DECIMAL(38,3)', ['1.250', '1.255']],
    ['a.csv', 'x\n1.250\n1.255\n', [], 'DECIMAL(38,3)', ['1.250', '1.250', '1.255']],
    ['a.csv', 'x\n1.500\n', [], 'DECIMAL(18,2)', ['1.25', '1.50']],
    ['a.csv', 'x\n1e-3\n5\n', ['x=number'], 'DECIMAL(38,3)', ['1.250', '0.001', '5.000']],
    ['a.json', '[{"x":1.255},{"x":1e-7}]', [], 'DECIMAL(38,7)', ['1.2500000', '1.2550000', '0.0000001']],
    ['a.csv', 'x\n12345678901234567.89\n', [], 'DECIMAL(38,2)', ['1.25', '12345678901234567.89']],
  ])(
    '%s of %j with --type %j make the column as wide as they are: %s',
    async (path, content, type, stored, expected) => {
      const name = fresh();
      await parquet('base.parquet', 'SELECT 1.25::DECIMAL(18,2) AS x');
      await add('base.parquet', name);
      await put(path, content);
      const { columns, notes, rows } = await add(path, name, { append: true, type });
      expect(columns).toMatchObject([{ name: 'x', type: 'number', stored }]);
      expect(await values(name)).toEqual(expected);
      expect(rows).toBe(expected.length);
      expect(await values(`"${name}@1"`)).toEqual(['1.25']);
      expect(notes.length).toBe(Number(stored !== 'DECIMAL(18,2)'));
    },
  );

  it('of two columns that are too narrow, and of several parts', async () => {
    const name = fresh();
    await parquet('base.parquet', 'SELECT 1.25::DECIMAL(18,2) AS x, 1.5::DECIMAL(18,1) AS y');
    await add('base.parquet', name);
    await parquet('b.parquet', 'SELECT 2.25::DECIMAL(18,2) AS x, 2.5::DECIMAL(18,1) AS y');
    await add('b.parquet', name, { append: true });
    await put('a.csv', 'x,y\n1.123,2.125\n');
    await add('a.csv', name, { append: true });
    const { rows } = await host.run(dataQuery, {
      sql: `SELECT sum(x)::VARCHAR AS x, sum(y)::VARCHAR AS y FROM "${name}"`,
    });
    expect(rows).toEqual([{ x: '4.623', y: '6.125' }]);
  });

  it('are refused where no decimals hold both', async () => {
    const name = fresh();
    await parquet('base.parquet', `SELECT ${'1234567890'.repeat(3)}.25::DECIMAL(38,2) AS x`);
    await add('base.parquet', name);
    const path = 'a.csv';
    await put(path, `x\n0.123456789\n`);
    const type: readonly string[] = [];
    await expect(add(path, name, { append: true, type })).rejects.toMatchObject({
      code: 'TRS_DATA_VALUE_CHANGED',
      message: expect.stringContaining('row 1 (line 2'),
      details: { column: 'x' },
    });
    expect(await values(name)).toHaveLength(1);
  });
});

describe('a number by a person’s word', () => {
  it.each<readonly [string, string, RegExp]>([
    [
      '0.5\n0.12345678901234567890',
      '0.12345678901234568',
      /1 of its numbers.*0\.12345678901234567890" in line 3/,
    ],
    ['0.5\n9007199254740993', '9007199254740992.0', /9007199254740993" in line 3.*--type x=string/],
    ['0.5\n1e-400', '0.0', /1e-400/],
  ])('of more digits than it holds is the nearest, and said: %j', async (texts, expected, note) => {
    const name = fresh();
    await put('a.csv', `x\n${texts}\n`);
    const { notes } = await add('a.csv', name, { type: ['x=number'] });
    expect((await values(name))[1]).toBe(expected);
    expect(notes).toEqual([expect.stringMatching(note)]);
    const behind = await add('a.csv', name, { type: ['x=number'], append: true });
    expect(behind.notes).toEqual(notes);
  });

  it.each(['0.1\n007.50', '0.30000000000000004\n+.5', '1E5\n5.', '9007199254740994\n1', 'nan\ninf'])(
    'with all of its digits needs no word: %j',
    async (texts) => {
      await put('a.csv', `x\n${texts}\n`);
      expect((await add('a.csv', fresh(), { type: ['x=number'] })).notes).toEqual([]);
    },
  );

  it('is looked for in every row of a long file', async () => {
    const rows = Array.from({ length: 400_000 }, (_, row) => `${row}.5,text ${row}`);
    await put('long.csv', `x,y\n${rows.join('\n')}\n0.12345678901234567890,end\n`);
    const { notes } = await add('long.csv', fresh(), { type: ['x=number'] });
    expect(notes).toEqual([expect.stringMatching(/in line 400002/)]);
  });
});

it('what is written otherwise than the column it comes behind is refused by its line', async () => {
  const name = fresh();
  await put('a.csv', 'x\ntrue\nfalse\n');
  await add('a.csv', name);
  await put('a.csv', 'x\n\nyes\n');
  await expect(add('a.csv', name, { append: true })).rejects.toMatchObject({
    code: 'TRS_DATA_BAD_ROWS',
    message: expect.stringContaining('the first "yes" in line 3 of "a.csv"'),
  });
});

describe('a file that may hold more than is read of it', () => {
  it.each<readonly [string, string, RegExp | undefined]>([
    ['a.csv', 'a b c\n1 2 3\n4 5 6\n', /one column.* a space .*--delimiter " "/],
    ['a.csv', 'a  b   c\n1  2   3\n4  5   6\n', /one column.*several spaces/],
    ['a.csv', 'a:b\n1:2\n', /--delimiter :/],
    ['a.csv', 'name\nAda Lovelace\nAlan Turing\n', undefined],
    ['a.csv', 'full name\nAda Lovelace\nAlan Turing\n', undefined],
    ['a.csv', 'time\n10:30\n11:45\n', undefined],
    ['a.json', '{"data":[{"a":1},{"a":2}],"meta":{}}', /one row.*jq '\.\["data"\]' a\.json/],
    ['a.json', '{"columns":["a"],"data":[[1],[2]]}', /rows are those of "data"/],
    ['a.json', '{"a":[1,2],"b":["x","y"]}', /fields are columns.*records/],
    ['a.json', '{"a":{"0":1,"1":2}}', /fields are columns/],
    ['a.json', '[{"a":[1,2]}]', /fields are columns/],
    ['a.json', '{"a":1,"tags":["x"]}', undefined],
    ['a.jsonl', '{"data":[{"a":1}]}\n{"data":[]}\n', undefined],
  ])('%s of %j is told of as what it may be', async (path, content, note) => {
    await put(path, content);
    const { notes } = await add(path, fresh());
    if (note === undefined) expect(notes).toEqual([]);
    else expect(notes).toEqual([expect.stringMatching(note)]);
  });
});

describe('folders that are called by a value', () => {
  const content = async (name: string) =>
    (await host.run(dataQuery, { sql: `SELECT * FROM ${name} ORDER BY x` })).rows;

  it('are columns, of the same type from each format and together', async () => {
    await parquet('h/p/year=2024/day=2024-01-05/a.parquet', 'SELECT 1::BIGINT AS x');
    await parquet('h/p/year=2025/day=2024-01-06/a.parquet', 'SELECT 2::BIGINT AS x');
    await put('h/c/year=2024/day=2024-01-05/a.csv', 'x\n1\n');
    await put('h/c/year=2025/day=2024-01-06/a.csv', 'x\n2\n');
    await put('h/j/year=2024/day=2024-01-05/a.jsonl', '{"x":1}\n');
    await put('h/j/year=2025/day=2024-01-06/a.jsonl', '{"x":2}\n');
    await parquet('h/m/year=2024/day=2024-01-05/a.parquet', 'SELECT 1::BIGINT AS x');
    await put('h/m/year=2025/day=2024-01-06/a.csv', 'x\n2\n');
    for (const folder of ['h/p', 'h/c', 'h/j', 'h/m', 'h/c/*/*/*.csv']) {
      const name = fresh();
      const { columns, notes } = await add(folder, name);
      expect(
        columns.map(({ name, type }) => [name, type]),
        folder,
      ).toEqual([
        ['x', 'integer'],
        ['year', 'integer'],
        ['day', 'timestamp'],
      ]);
      expect(notes).toHaveLength(2);
      expect(await content(name)).toEqual([
        { x: 1, year: 2024, day: '2024-01-05T00:00:00Z' },
        { x: 2, year: 2025, day: '2024-01-06T00:00:00Z' },
      ]);
    }
  });

  it('keep zeros in front and what is escaped, and may say that a value is missing', async () => {
    for (const format of ['parquet', 'csv']) {
      const at = (folder: string) => `z-${format}/code=${folder}/a.${format}`;
      const write = async (path: string, x: number) =>
        format === 'csv' ? await put(path, `x\n${x}\n`) : await parquet(path, `SELECT ${x}::BIGINT AS x`);
      await write(at('007'), 1);
      await write(at('a%2Fb'), 2);
      await write(at('__HIVE_DEFAULT_PARTITION__'), 3);
      const name = fresh();
      await add(`z-${format}`, name);
      expect((await content(name)).map(({ code }) => code)).toEqual(['007', 'a/b', null]);
    }
  });

  it('are none where they lie above what was named, or the file has such a column itself', async () => {
    await parquet('above/run=5/a.parquet', 'SELECT 1 AS x');
    await put('above/run=5/b.csv', 'x\n1\n');
    for (const path of ['above/run=5/a.parquet', 'above/run=5/b.csv'])
      expect((await add(path, fresh())).columns.map(({ name }) => name)).toEqual(['x']);
    await parquet('own/x=5/a.parquet', 'SELECT 1 AS x');
    const name = fresh();
    await add('own', name);
    expect(await content(name)).toEqual([{ x: 1 }]);
    const project = await temporaryProject();
    const dir = join(project.dir, 'run=5');
    await mkdir(dir);
    const inside = await openHost({
      projectDir: dir,
      plugins: [storePlugin, dataPlugin],
      env: { TRESTLE_STORE__RESERVE_BYTES: '0' },
    });
    await writeFile(join(dir, 'a.csv'), 'x\n1\n');
    await inside.run(dataAdd, { path: join(dir, 'a.csv'), name: 'rows' }, { surface: 'cli' });
    expect((await inside.run(dataQuery, { sql: 'SELECT * FROM rows' })).rows).toEqual([{ x: 1 }]);
    await inside.close();
    await project.remove();
  });
});

describe('times that are finer than a microsecond', () => {
  it('are texts, with what keeps them to that, which says of what it cuts', async () => {
    await put(
      'a.csv',
      'x\n2025-01-01T23:00:00.020643808Z\n2025-04-01T00:00:00.069866160Z\n2025-04-01T00:00:00.060000000Z\n',
    );
    const { columns, notes } = await add('a.csv', fresh());
    expect(columns).toMatchObject([{ type: 'string' }]);
    const [, option = ''] = /--date-format '?([^' ]+)'?$/.exec(String(notes[0])) ?? [];
    const name = fresh();
    const cut = await add('a.csv', name, { dateFormat: option });
    expect(cut.columns).toMatchObject([{ type: 'timestamp' }]);
    expect(cut.notes).toEqual([
      expect.stringMatching(/2 of its times .*finer than a microsecond.*808Z" in line 2/),
    ]);
    expect((await values(name))[0]).toBe('2025-01-01 23:00:00.020643');
  });
});

describe('rows that do not fit', () => {
  it.each<readonly [string, string, RegExp]>([
    ['a,b\n1,2\n3\n', 'line 3: 3', /Line 3: it has 1 field, and the header 2\.$/],
    ['a,b\n1,2\n4,5,6\n', 'line 3: 4,5,6', /Line 3: it has 3 fields, and the header 2\.$/],
    ['a,b\n"x","y"\n"z","w\n', 'line 3', /Line 3: a quote is opened and not closed/],
    ['Report 2024\n\na,b\n1,2\n', 'tail -n +3', /Line 3: it has 2 fields, and the header 1\.$/],
    ['# made by x\n# today\na,b\n1,2\n', 'tail -n +3', /Line 3/],
    ['a,b\n1,x\0y\n', "tr -d '\\0'", /holds a NUL \(byte 7, in line 2\)/],
  ])('%j are told of in words of ours, with what to do', async (content, hint, message) => {
    await put('a.csv', content);
    await expect(add('a.csv', fresh())).rejects.toMatchObject({
      message: expect.stringMatching(message),
      hint: expect.stringContaining(hint),
    });
  });
});

describe('a word for a missing value', () => {
  it('is refused for a column that is not there', async () => {
    await put('a.csv', 'age,b=c\n1,NA\nNA,2\n');
    await expect(add('a.csv', fresh(), { nulls: ['aeg=NA'] })).rejects.toMatchObject({
      code: 'TRS_DATA_UNKNOWN_COLUMN',
      message: expect.stringContaining('no column "aeg"'),
    });
    const { columns } = await add('a.csv', fresh(), { nulls: ['age=NA', 'b=c=NA'] });
    expect(columns).toMatchObject([
      { type: 'integer', nulls: 1 },
      { type: 'integer', nulls: 1 },
    ]);
  });
});

describe('names that come twice or differ in case only', () => {
  it('get others where the source says its types, which is said, or are refused', async () => {
    await put('a.arrow', tableToIPC(tableFromArrays({ x: [1], X: [2] }), 'file'));
    const added = await add('a.arrow', fresh());
    expect(added.columns.map(({ name }) => name)).toEqual(['x', 'X_2']);
    expect(added.notes).toEqual([expect.stringMatching(/"X".*"x" in case only.*"X_2"/)]);
    await expect(add('a.arrow', fresh(), { names: 'strict' })).rejects.toMatchObject({
      code: 'TRS_DATA_HEADER',
    });
  });
});

describe('files of a folder that differ in their types', () => {
  it.each<readonly [string, string, string]>([
    ['whole numbers that a double rounds', 'SELECT 0.5::DOUBLE AS x', 'x\n9007199254740993\n'],
    ['whole numbers of another file', 'SELECT 9007199254740993::BIGINT AS x', 'x\n0.5\n'],
  ])('are refused for %s, with what keeps them', async (_, select, csv) => {
    const folder = fresh();
    await parquet(`${folder}/a.parquet`, select);
    await put(`${folder}/b.csv`, csv);
    await expect(add(folder, fresh())).rejects.toMatchObject({
      code: 'TRS_DATA_VALUE_CHANGED',
      message: expect.stringMatching(/9007199254740993/),
      hint: expect.stringMatching(
        /^Nothing was added\. As texts all values stay what they are: --type x=string/,
      ),
    });
    const name = fresh();
    await add(folder, name, { type: ['x=string'] });
    expect(await values(name)).toContain('9007199254740993');
  });

  it.each<readonly [string, string, string]>([
    ["TIMESTAMP '2020-01-01'", 'x\n5\n', 'timestamp in "a.parquet", integer in "b.csv"'],
    ['1.5::DOUBLE', 'x\nabc\n', 'number in "a.parquet", string in "b.csv"'],
    ['true', 'x\n1\n', 'boolean in "a.parquet", integer in "b.csv"'],
  ])('are texts where they have no type in common, which is said: %s and %j', async (sql, csv, told) => {
    const folder = fresh();
    await parquet(`${folder}/a.parquet`, `SELECT ${sql} AS x`);
    await put(`${folder}/b.csv`, csv);
    const { columns, notes } = await add(folder, fresh());
    expect(columns[0]?.type).toBe('string');
    expect(notes).toEqual([`Column "x" is text, as its files differ: ${told}.`]);
  });
});

describe('what was said of a version when it was added', () => {
  it('is told whenever it is shown, and of an append what was said of that', async () => {
    const name = fresh();
    await put('a.csv', 'x,y\n0.12345678901234567890,NA\n2,5\n');
    const type = ['x=number'];
    const added = await add('a.csv', name, { type });
    expect(added.notes).toHaveLength(2);
    const shown = async (reference: string) => (await host.run(dataShow, { name: reference })).notes;
    expect(await shown(name)).toEqual(added.notes);
    await put('b.csv', 'x,y\n3,7\n');
    await add('b.csv', name, { type, append: true });
    expect(await shown(name)).toEqual([]);
    expect(await shown(`${name}@1`)).toEqual(added.notes);
  });
});

describe('apostrophes round values of a CSV', () => {
  const quoted = "x;y\n'a';1\n'b';2\n'c';3\n";

  it('are a part of them, which is said, unless a person says that they quote', async () => {
    await put('quoted.csv', quoted);
    const name = fresh();
    const { notes } = await add('quoted.csv', name);
    expect(await values(name)).toEqual(["'a'", "'b'", "'c'"]);
    expect(notes).toEqual([expect.stringContaining(`--quote "'"`)]);
    const said = fresh();
    expect((await add('quoted.csv', said, { quote: "'" })).notes).toEqual([]);
    expect(await values(said)).toEqual(['a', 'b', 'c']);
  });
});

describe('rows of a sheet that hold nothing', () => {
  it('are left out between others, which is said', async () => {
    const empty = [null, null];
    await writeExcelFile([['x', 'y'], [1, 2], empty, empty, [3, null], empty]).toFile(
      join(project.dir, 'gaps.xlsx'),
    );
    const name = fresh();
    const { notes } = await add('gaps.xlsx', name);
    expect(await values(name)).toEqual(['1', '3']);
    expect(notes).toEqual([
      expect.stringMatching(/^2 rows of the sheet ".+" that hold nothing are left out, the first row 3\.$/),
    ]);
  });
});

describe('cells that show something and hold nothing', () => {
  it('are missing, which is said: formulas that nobody computed, and merged cells', async () => {
    const sheet: SheetData = [
      ['x', 'y', 'z'],
      [{ value: 'a', rowSpan: 2 }, { value: '=1+1', type: 'Formula' }, 1],
      [null, { value: '=C2+1', type: 'Formula' }, 2],
    ];
    await writeExcelFile(sheet).toFile(join(project.dir, 'formulas.xlsx'));
    const added = await add('formulas.xlsx', fresh());
    expect(added.columns.map(({ nulls }) => nulls)).toEqual([1, 2, 0]);
    expect(added.notes).toEqual([
      expect.stringMatching(/^2 cells of the sheet ".+" \(B2, …\) hold formulas without a value/),
      expect.stringMatching(/merged cells \(A2:A3\)/),
    ]);
  });
});
