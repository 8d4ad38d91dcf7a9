import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { type Host, journalToken } from '@trestle/kernel';
import { storeCheckToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataAdd, dataExport, dataList, dataPlugin, dataProfile, dataQuery } from '../index.ts';

let project: TemporaryProject;
let host: Host;
beforeEach(async () => {
  project = await temporaryProject();
  host = await project.open([dataPlugin], {
    env: {
      TRESTLE_DATA__ALLOW_PRIVATE_HOSTS: '["127.0.0.1"]',
      TRESTLE_DATA__MAX_SOURCE_BYTES: String(32 * 2 ** 20),
    },
  });
});
afterEach(() => project.remove());

const put = async (name: string, content: string | Uint8Array): Promise<string> => {
  await writeFile(join(project.dir, name), content);
  return name;
};
/** As another program writes it. */
const writeParquet = async (name: string, sql: string): Promise<void> => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(
    `COPY (${sql}) TO '${join(project.dir, name)}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 50000000)`,
  );
  connection.closeSync();
  instance.closeSync();
};
const add = (path: string, options = {}) =>
  host.run(dataAdd, { path, name: 'things', ...options }, { surface: 'cli' });
const rows = async (sql = 'SELECT * FROM things') => (await host.run(dataQuery, { sql })).rows;

/** Nothing half-added: no version, no event of one, no file on its way, and all that is stored is whole. */
const nothingAdded = async (): Promise<void> => {
  expect((await host.run(dataList, {})).datasets).toEqual([]);
  const journal = await host.service(journalToken);
  expect(await journal.read({ types: ['dataset.added'] })).toEqual([]);
  expect(await journal.verify()).toMatchObject({ ok: true });
  const found = await (await host.service(storeCheckToken)).check({ deep: true });
  expect(found).toMatchObject({ metadata: { problems: [] }, blobs: { count: 0, problems: [] } });
};

describe('what cannot be read is located, and adds nothing', () => {
  it.each([
    ['a row with a field too many', 'a,b\n1,2\n3,4,5\n6,7\n', 3],
    ['a row with a field too few', 'a,b,c\n1,2,3\n4,5\n6,7,8\n', 3],
  ])('%s', async (_, content, line) => {
    await put('a.csv', content);
    await expect(add('a.csv')).rejects.toMatchObject({
      code: 'TRS_DATA_BAD_ROWS',
      message: expect.stringContaining(`Line ${line}`),
      details: { badRows: 1, rows: [{ line }] },
    });
    await nothingAdded();
  });

  it.skipIf(process.platform === 'win32')('a pipe, which nobody waits for', async () => {
    execFileSync('mkfifo', [join(project.dir, 'pipe.csv'), join(project.dir, 'pipe.json')]);
    for (const name of ['pipe.csv', 'pipe.json'])
      await expect(add(name)).rejects.toMatchObject({ code: 'TRS_DATA_NOT_A_FILE' });
    await nothingAdded();
  });

  it('a byte that is no text at the end of a long CSV, by its line', async () => {
    const line = 'a text that is long enough for the file to be long,1\n';
    const content = Buffer.from(`text,number\n${line.repeat(100_000)}b\xff,1\n`, 'latin1');
    await put('long.csv', content);
    await expect(add('long.csv')).rejects.toMatchObject({
      code: 'TRS_DATA_ENCODING',
      message: expect.stringContaining('line 100002'),
    });
    await nothingAdded();
  });

  it('a quote that never ends', async () => {
    await put('a.csv', 'a,b\n1,"x\n2,y\n3,z\n');
    await expect(add('a.csv')).rejects.toMatchObject({
      code: 'TRS_DATA_BAD_ROWS',
      details: { rows: [{ line: 2 }] },
    });
    await nothingAdded();
    expect(await add('a.csv', { quote: 'none' })).toMatchObject({ rows: 3 });
  });

  it('a value of another type than was said, by its line', async () => {
    const lines = Array.from({ length: 30_000 }, (_, n) => `${n},${n === 20_001 ? 'many' : n}`);
    await put('a.csv', `a,b\n${lines.join('\n')}\n`);
    await expect(add('a.csv', { type: ['b=integer'] })).rejects.toMatchObject({
      code: 'TRS_DATA_BAD_ROWS',
      message: expect.stringContaining('Line 20003'),
    });
    await nothingAdded();
  });

  it('a Parquet that was cut off, at either end', async () => {
    await put('a.csv', `a,b\n${Array.from({ length: 5_000 }, (_, n) => `${n},${n * 7}`).join('\n')}\n`);
    await add('a.csv');
    await host.run(dataExport, { name: 'things', path: 'a.parquet' }, { surface: 'cli' });
    const whole = await readFile(join(project.dir, 'a.parquet'));
    for (const content of [whole.subarray(0, -20), whole.subarray(20), whole.subarray(0, 3)]) {
      await put('b.parquet', content);
      await expect(add('b.parquet', { name: 'cut' })).rejects.toMatchObject({
        code: 'TRS_DATA_UNREADABLE',
        message: expect.stringMatching(/^"b.parquet" cannot be read as parquet: (?!.*trestle-project)/),
      });
    }
    expect((await host.run(dataList, {})).datasets).toHaveLength(1);
  });

  it('a Parquet of which a page or the footer is damaged', async () => {
    await put('a.csv', `a,b\n${Array.from({ length: 5_000 }, (_, n) => `${n},x${n % 97}`).join('\n')}\n`);
    await add('a.csv');
    await host.run(dataExport, { name: 'things', path: 'a.parquet' }, { surface: 'cli' });
    const whole = await readFile(join(project.dir, 'a.parquet'));
    // The head of the first page, the footer, and what says how long that is.
    for (const at of [4, whole.length - 100, whole.length - 8]) {
      const damaged = whole.map((byte, index) => (index >= at && index < at + 8 ? byte ^ 0x55 : byte));
      await put('b.parquet', damaged);
      await expect(add('b.parquet', { name: 'damaged' })).rejects.toMatchObject({
        code: 'TRS_DATA_UNREADABLE',
      });
    }
    expect((await host.run(dataList, {})).datasets).toHaveLength(1);
  });

  it.each([
    ['gz', gzipSync],
    ['zst', zstdCompressSync],
  ])('a compressed file (.%s) that was cut off, one that is none, and a bomb', async (end, compress) => {
    const name = `a.csv.${end}`;
    const whole = compress(`a\n${Array.from({ length: 5_000 }, (_, n) => n * 31).join('\n')}\n`);
    for (const content of [whole.subarray(0, whole.length - 9), Buffer.from('a\n1\n')]) {
      await put(name, content);
      await expect(add(name)).rejects.toMatchObject({ code: 'TRS_DATA_COMPRESSED' });
    }
    await put(name, compress(Buffer.concat([Buffer.from('a\n'), Buffer.alloc(64 * 2 ** 20, '1\n')])));
    await expect(add(name)).rejects.toMatchObject({ code: 'TRS_DATA_TOO_LARGE' });
    await nothingAdded();
  });

  it.each([
    ['with its length announced', { 'content-length': '1000' }],
    ['in chunks of unknown number', {}],
  ])('an address that stops in the middle of a body %s', async (_, headers) => {
    const server = createServer((_request, response) => {
      response.writeHead(200, headers);
      response.write('a,b\n1,2\n3,4\n', () => response.destroy());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    try {
      await expect(add(`http://127.0.0.1:${port}/a.csv`)).rejects.toMatchObject({
        code: 'TRS_DOOR_FETCH_FAILED',
      });
    } finally {
      server.close();
    }
    await nothingAdded();
  });

  it.each([
    ['text behind a closing quote', 'a,b\n1,2\n3,"x"y\n'],
    ['a quote that is escaped with a backslash', 'a,b\n1,2\n3,"x\\"y"\n'],
  ])('%s', async (_, content) => {
    await put('a.csv', content);
    await expect(add('a.csv')).rejects.toMatchObject({
      code: 'TRS_DATA_BAD_ROWS',
      details: { rows: [{ line: 3 }] },
    });
    await nothingAdded();
  });

  it('a Parquet of a few bytes that stands for any number of rows', { timeout: 60_000 }, async () => {
    await writeParquet('bomb.parquet', 'SELECT 7 AS a FROM range(120000000)');
    expect((await readFile(join(project.dir, 'bomb.parquet'))).length).toBeLessThan(100_000);
    await expect(add('bomb.parquet')).rejects.toMatchObject({
      code: 'TRS_DATA_TOO_LARGE',
      message: expect.stringContaining('120000000 rows'),
    });
    await nothingAdded();
  });

  it('names that are there twice, or differ in case only, in a Parquet, when nothing may be renamed', async () => {
    await writeParquet('a.parquet', `SELECT {'x': 1, 'a': 2} AS s, [1, 2] AS list, 1 AS xy, 2 AS xz`);
    const whole = await readFile(join(project.dir, 'a.parquet'));
    expect((await add('a.parquet')).columns.map(({ name }) => name)).toEqual(['s', 'list', 'xy', 'xz']);
    for (const name of ['xy', 'XY']) {
      // A name of the same length, wherever it stands in the footer.
      await put('b.parquet', Buffer.from(whole.toString('latin1').replaceAll('xz', name), 'latin1'));
      await expect(add('b.parquet', { name: 'twice', names: 'strict' })).rejects.toMatchObject({
        code: 'TRS_DATA_HEADER',
        message: expect.stringContaining(name),
      });
      const renamed = await add('b.parquet', { name: 'twice' });
      expect(renamed.columns.map((column) => column.name)).toEqual(['s', 'list', 'xy', `${name}_2`]);
      expect(renamed.notes).toEqual([expect.stringContaining(`"${name}_2"`)]);
      expect(await rows(`SELECT xy, "${name}_2" AS other FROM twice`)).toEqual([{ xy: 1, other: 2 }]);
    }
  });

  it('lines that end in two ways, by the first that differs; what is quoted may hold any', async () => {
    await put('a.csv', 'a,b\n1,"x\r\ny"\n2,z\r\n3,w\n');
    await expect(add('a.csv')).rejects.toMatchObject({ code: 'TRS_DATA_LINE_ENDS', details: { line: 4 } });
    await nothingAdded();
  });

  it.each([
    ['a.csv', '__proto__,b\n1,2\n', 'TRS_DATA_HEADER', '"__proto__"'],
    ['a.jsonl', '{"__proto__":1,"b":2}\n', 'TRS_DATA_HEADER', '"__proto__"'],
    ['a.json', '[{"a":1,"a":2}]', 'TRS_DATA_UNREADABLE', 'duplicate key "a"'],
    ['a.jsonl', '{"a":1}\n{"a":1,"a":2}\n', 'TRS_DATA_UNREADABLE', 'in line 2'],
  ])('names that cannot be kept, in %s', async (name, content, code, said) => {
    await put(name, content);
    await expect(add(name)).rejects.toMatchObject({ code, message: expect.stringContaining(said) });
    await nothingAdded();
  });

  it.each([
    ['a.csv', 'a,b,A\n1,2,3\n', ['a', 'b', 'A_2'], '"A", which differs from "a" in case only'],
    ['a.csv', 'a,a,a_2\n1,2,3\n', ['a', 'a_3', 'a_2'], 'is named "a" like one before it'],
    ['a.csv', ',a\n1,2\n', ['column1', 'a'], 'has no name'],
    ['a.json', '[{"a":1,"b":0},{"A":2}]', ['a', 'b', 'A_2'], 'in case only'],
  ])(
    'names that are not each there once, in %s, which are renamed with a word, or refused',
    async (name, content, names, said) => {
      await put(name, content);
      await expect(add(name, { names: 'strict' })).rejects.toMatchObject({ code: 'TRS_DATA_HEADER' });
      await nothingAdded();
      const added = await add(name);
      expect(added.columns.map((column) => column.name)).toEqual(names);
      expect(added.notes.join(' ')).toContain(said);
    },
  );

  it.each(['../a.csv', '/etc/passwd', 'a/../../b.csv', '%2e%2e/a.csv', 'C:\\a.csv', 'a\u0000.csv'])(
    'a path that climbs out, over HTTP: %j',
    async (path) => {
      const adding = host.run(dataAdd, { path, name: 'things' }, { surface: 'http' });
      await expect(adding).rejects.toMatchObject({ code: 'TRS_DOOR_PATH_REFUSED' });
      await nothingAdded();
    },
  );
});

describe('what is odd and right is kept as it is', () => {
  const NAMES = [
    'a"b',
    'a.b',
    'a b',
    '💶',
    "'; DROP TABLE things; --",
    'select',
    'ä',
    '中文',
    'a\tb',
    '$1',
    '{x}',
  ];

  it('names with quotes, dots, emoji and SQL', async () => {
    const header = NAMES.map((name) => `"${name.replaceAll('"', '""')}"`).join(',');
    await put('a.csv', `${header}\n${NAMES.map((_, n) => n).join(',')}\n${NAMES.map(() => '').join(',')}\n`);
    const added = await add('a.csv', { type: [`${NAMES[4]}=number`] });
    expect(added.columns.map((column) => column.name)).toEqual(NAMES);
    expect(added.columns[4]).toMatchObject({ type: 'number', nulls: 1 });
    expect((await rows())[0]).toEqual(Object.fromEntries(NAMES.map((name, n) => [name, n])));
    const { columns } = await host.run(dataProfile, { name: 'things' });
    expect(columns.map((column) => column.name)).toEqual(NAMES);
  });

  it('quotes, line ends and delimiters inside of quotes', async () => {
    await put('a.csv', 'a,b\r\n"x, ""y""","1\r\n2"\r\n');
    await add('a.csv');
    expect(await rows()).toEqual([{ a: 'x, "y"', b: '1\r\n2' }]);
  });

  it('mixed types, as text', async () => {
    await put('a.csv', 'a\n1\n2.5\ntrue\n2024-01-01\nx\n');
    const { columns } = await add('a.csv');
    expect(columns).toMatchObject([{ type: 'string' }]);
    expect((await rows()).map((row) => row.a)).toEqual(['1', '2.5', 'true', '2024-01-01', 'x']);
  });

  it('dates of three formats in one column, as text rather than as wrong dates', async () => {
    await put('a.csv', 'a\n2024-02-03\n03/02/2024\n3 Feb 2024\n');
    const { columns } = await add('a.csv');
    expect(columns).toMatchObject([{ type: 'string' }]);
    expect((await rows()).map((row) => row.a)).toEqual(['2024-02-03', '03/02/2024', '3 Feb 2024']);
  });

  it('dates of three formats in three columns: those that are not plain stay texts until they are named', async () => {
    await put('a.csv', 'iso,eu,us\n2024-02-13,13/02/2024,02/13/2024\n2024-03-14,14/03/2024,03/14/2024\n');
    expect((await add('a.csv')).columns.map(({ type }) => type)).toEqual(['timestamp', 'string', 'string']);
    const named = await add('a.csv', { dateFormat: '%d/%m/%Y', type: ['iso=string', 'us=string'] });
    expect(named.columns.map(({ type }) => type)).toEqual(['string', 'timestamp', 'string']);
    expect((await rows('SELECT eu FROM things'))[0]).toEqual({ eu: '2024-02-13T00:00:00Z' });
  });

  it.each([
    ['a.json', '\ufeff[{"a":1},{"a":2}]'],
    ['a.jsonl', '\ufeff{"a":1}\n{"a":2}\n'],
    ['a.csv', '\ufeffa\n1\n2\n'],
  ])('a byte-order mark in front of %s', async (name, content) => {
    await put(name, content);
    await add(name);
    expect(await rows()).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it('10,000 columns', { timeout: 300_000 }, async () => {
    const names = Array.from({ length: 10_000 }, (_, n) => `c${n}`);
    await put('a.csv', `${names.join(',')}\n${names.map((_, n) => n).join(',')}\n`);
    const added = await add('a.csv');
    expect(added.columns).toHaveLength(10_000);
    expect(await rows('SELECT c9999 FROM things')).toEqual([{ c9999: 9999 }]);
    expect((await host.run(dataProfile, { name: 'things' })).columns).toHaveLength(10_000);
  });
});
