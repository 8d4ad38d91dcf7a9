import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Host } from '@trestle/kernel';
import { lineageToken, storeCheckToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import writeExcelFile from 'write-excel-file/node';
import { dataAdd, dataList, dataPlugin, dataQuery } from '../index.ts';

/** One pixel, transparent. */
const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

let project: TemporaryProject;
let host: Host;
beforeEach(async () => {
  project = await temporaryProject();
  host = await project.open([dataPlugin], { env: { TRESTLE_DATA__ALLOW_PRIVATE_HOSTS: '["127.0.0.1"]' } });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await project.remove();
});

const put = async (name: string, content: string | Uint8Array): Promise<string> => {
  const path = join(project.dir, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
  return name;
};
const add = (path: string, options = {}, surface: 'cli' | 'http' = 'cli') =>
  host.run(dataAdd, { path, name: 'things', ...options }, { surface });
const rows = async () => (await host.run(dataQuery, { sql: 'SELECT * FROM things' })).rows;
const types = (columns: readonly { readonly name: string; readonly type: string }[]) =>
  columns.map(({ name, type }) => `${name} ${type}`).join(', ');

describe('a folder or a glob', () => {
  it('becomes a part for each file in the order of their names, and an equal file is stored once', async () => {
    await put('in/b/2.csv', 'x,y\n3,c\n');
    await put('in/a/1.csv', 'x,y\n1,a\n2,b\n');
    await put('in/_SUCCESS', '');
    await put('in/.hidden.csv', 'q\n1\n');
    const added = await add('in');
    expect(added).toMatchObject({ rows: 3, source: 'in' });
    expect((await rows()).map((row) => row.x)).toEqual([1, 2, 3]);
    expect(await (await host.service(lineageToken)).into('dataset:things@1')).toHaveLength(2);
    const blobs = async () => (await (await host.service(storeCheckToken)).check()).blobs.count;
    const before = await blobs();
    await put('in/c/3.csv', 'x,y\n4,d\n');
    await put('in/d/4.csv', 'x,y\n1,a\n2,b\n');
    expect(await add('in')).toMatchObject({ version: 2, rows: 6 });
    // The third part and the manifest.
    expect((await blobs()) - before).toBe(2);
  });

  it('takes what a glob names, and no link out of the folder of a caller over HTTP', async () => {
    await put('files/one.csv', 'x\n1\n');
    await put('files/two.json', '[{"x": 2}]');
    expect(await add('*.csv', {}, 'http')).toMatchObject({ rows: 1 });
    await put('secret.csv', 'x\n7\n');
    await symlink(join(project.dir, 'secret.csv'), join(project.dir, 'files', 'three.csv'));
    expect(await add('*.csv', {}, 'http')).toMatchObject({ version: 1, unchanged: true });
    await expect(add('../*.csv', {}, 'http')).rejects.toMatchObject({ code: 'TRS_DOOR_PATH_REFUSED' });
    await expect(add('o*/../../*.csv', {}, 'http')).rejects.toMatchObject({ code: 'TRS_DATA_GLOB' });
    expect(await add('files/t*.csv')).toMatchObject({ version: 2, rows: 1 });
  });

  it('shares the types of its files: whole numbers widen, and what does not fit together is read as it stands', async () => {
    await put('in/1.csv', 'n,m\n1,01\n');
    await put('in/2.csv', 'n,m\n1.5,x\n');
    expect(types((await add('in')).columns)).toBe('n number, m string');
    expect(await rows()).toEqual([
      { n: 1, m: '01' },
      { n: 1.5, m: 'x' },
    ]);
  });

  it('names the file with other columns, and adds nothing', async () => {
    await put('in/1.csv', 'a,b\n1,2\n');
    await put('in/2.csv', 'a,c\n1,2\n');
    await expect(add('in')).rejects.toMatchObject({
      code: 'TRS_DATA_COLUMNS_DIFFER',
      message: expect.stringContaining('"2.csv"'),
    });
    expect((await host.run(dataList, {})).datasets).toEqual([]);
  });

  it.each([
    ['nothing', ['in/.keep'], 'TRS_DATA_EMPTY'],
    ['tables and images', ['in/a.csv', 'in/b.gif'], 'TRS_DATA_FOLDER_MIXED'],
    ['what is not known', ['in/a.docx'], 'TRS_DATA_FOLDER_MIXED'],
  ])('of %s is refused', async (_, names, code) => {
    for (const name of names) await put(name, 'a\n1\n');
    await expect(add('in')).rejects.toMatchObject({ code });
  });
});

describe('a folder of images or texts', () => {
  it('becomes rows with labels from the names of folders', async () => {
    await put('birds/gull/1.gif', GIF);
    await put('birds/crow/1.gif', GIF);
    const { columns } = await add('birds');
    const facts = columns.filter(({ about }) => about === 'file').map(({ name }) => name);
    expect(facts).toEqual(['file', 'format', 'width', 'height', 'bytes']);
    expect(await rows()).toEqual(
      ['crow', 'gull'].map((label) => ({
        file: `${label}/1.gif`,
        label,
        format: 'gif',
        width: 1,
        height: 1,
        bytes: GIF.length,
        image: GIF.toString('base64'),
      })),
    );
  });

  it('takes labels from a table', async () => {
    await put('reviews/1.txt', 'good');
    await put('reviews/2.txt', '\ufeffbad “indeed”');
    await put('labels.csv', 'label,file\n+,1.txt\n-,2.txt\n');
    await add('reviews', { labels: 'labels.csv' });
    expect(await rows()).toEqual([
      { file: '1.txt', label: '+', text: 'good' },
      { file: '2.txt', label: '-', text: 'bad “indeed”' },
    ]);
  });

  it('names what is no image, and what is no text', async () => {
    await put('in/a/1.png', 'not a png');
    await expect(add('in')).rejects.toMatchObject({ code: 'TRS_DATA_IMAGE', details: { file: 'a/1.png' } });
    await put('texts/1.txt', Buffer.from([0xff, 0xfe, 1]));
    await expect(add('texts')).rejects.toMatchObject({ code: 'TRS_DATA_ENCODING' });
  });
});

describe('a text', () => {
  it('is read with the delimiter, the types, the dates and the encoding that are given', async () => {
    const text = 'code|when|café\n007|02/03/2024|1\n008|13/03/2024|2\n';
    await put('a.csv', Buffer.from(text, 'latin1'));
    const added = await add('a.csv', {
      delimiter: '|',
      type: ['code=string', 'café=number'],
      dateFormat: '%d/%m/%Y',
      encoding: 'windows-1252',
    });
    expect(types(added.columns)).toBe('code string, when timestamp, café number');
    expect(await rows()).toMatchObject([
      { code: '007', when: '2024-03-02T00:00:00Z' },
      { code: '008', when: '2024-03-13T00:00:00Z' },
    ]);
  });

  it.each([
    ['gzip', 'a.csv.gz', gzipSync('x,y\n1,ü\n')],
    ['zstd', 'a.csv.zst', zstdCompressSync('x,y\n1,ü\n')],
    ['UTF-16 that is named', 'a.csv', Buffer.from('\ufeffx,y\n1,ü\n', 'utf16le')],
  ])('is read from %s', async (_, name, content) => {
    await put(name, content);
    await add(name, name === 'a.csv' ? { encoding: 'utf-16le' } : {});
    expect(await rows()).toEqual([{ x: 1, y: 'ü' }]);
  });

  it.each([
    [{ type: ['nope=string'] }, 'TRS_DATA_UNKNOWN_COLUMN'],
    [{ type: ['x=colour'] }, 'TRS_DATA_TYPE'],
    [{ type: ['y=integer'] }, 'TRS_DATA_BAD_ROWS'],
    [{ encoding: 'klingon' }, 'TRS_DATA_ENCODING'],
  ])('with %j is refused', async (options, code) => {
    await put('a.csv', 'x,y\n1,a\n');
    await expect(add('a.csv', options)).rejects.toMatchObject({ code });
    expect((await host.run(dataList, {})).datasets).toEqual([]);
  });
});

describe('Arrow IPC', () => {
  const table = tableFromArrays({
    id: BigInt64Array.of(1n, 9_007_199_254_740_993n),
    share: Float64Array.of(0.5, Number.POSITIVE_INFINITY),
    name: ['a', null],
    at: [new Date('2024-02-29T12:00:00Z'), null],
    is: [true, false],
  });

  it.each(['file', 'stream'] as const)('as a %s is read with its types', async (form) => {
    await put('a.arrow', tableToIPC(table, form));
    const added = await add('a.arrow');
    expect(types(added.columns)).toBe('id integer, share number, name string, at timestamp, is boolean');
    expect(await rows()).toEqual([
      { id: 1, share: 0.5, name: 'a', at: '2024-02-29T12:00:00Z', is: true },
      { id: '9007199254740993', share: 'Infinity', name: null, at: null, is: false },
    ]);
  });

  it.each([
    ['cut off', tableToIPC(table, 'stream').subarray(0, 700)],
    ['no Arrow', Buffer.from('x,y\n1,2\n')],
  ])('that is %s is refused', async (_, content) => {
    await put('a.arrow', content);
    await expect(add('a.arrow')).rejects.toMatchObject({ code: 'TRS_DATA_ARROW' });
    expect((await host.run(dataList, {})).datasets).toEqual([]);
  });
});

describe('Excel', () => {
  beforeEach(async () => {
    const first = [
      [{ value: 'id' }, { value: 'when' }, { value: 'note' }],
      [{ value: 1 }, { value: new Date('2024-02-29T00:00:00Z'), format: 'yyyy-mm-dd' }, { value: 'a' }],
      [{ value: 2 }, null, null],
    ];
    const sheets = [
      { sheet: 'Orders', data: first },
      { sheet: 'Other', data: [[{ value: 'x' }], [{ value: 0.5 }]] },
    ];
    await writeExcelFile(sheets).toFile(join(project.dir, 'book.xlsx'));
  });

  it('gives the sheet that is named, with its numbers and dates', async () => {
    const added = await add('book.xlsx', { sheet: 'Orders' });
    expect(types(added.columns)).toBe('id integer, when timestamp, note string');
    expect(await rows()).toEqual([
      { id: 1, when: '2024-02-29T00:00:00Z', note: 'a' },
      { id: 2, when: null, note: null },
    ]);
  });

  it('asks for a sheet when there are several, and refuses what is no workbook', async () => {
    await expect(add('book.xlsx')).rejects.toMatchObject({
      code: 'TRS_DATA_SHEET',
      details: { sheets: ['Orders', 'Other'] },
    });
    await expect(add('book.xlsx', { sheet: 'Nope' })).rejects.toMatchObject({ code: 'TRS_DATA_SHEET' });
    await put('bad.xlsx', 'not a zip');
    await expect(add('bad.xlsx')).rejects.toMatchObject({ code: expect.stringMatching(/^TRS_/) });
    expect((await host.run(dataList, {})).datasets).toEqual([]);
  });
});

describe('SQLite', () => {
  beforeEach(() => {
    const database = new DatabaseSync(join(project.dir, 'shop.sqlite'));
    database.exec(`CREATE TABLE orders (id INTEGER, price REAL, note TEXT, "at" TEXT);
      INSERT INTO orders VALUES (1, 2.5, 'a', '2024-01-02'), (2, NULL, NULL, NULL)`);
    database.close();
  });

  it('gives its only table, or a query', async () => {
    expect(types((await add('shop.sqlite')).columns)).toBe(
      'id integer, price number, note string, at timestamp',
    );
    await add('shop.sqlite', { query: 'SELECT id * 10 AS tens FROM orders -- all' });
    expect(await rows()).toEqual([{ tens: 10 }, { tens: 20 }]);
  });

  it('keeps infinities among numbers', async () => {
    await add('shop.sqlite', { query: 'SELECT 1.5 AS x UNION ALL SELECT 9e999 UNION ALL SELECT -9e999' });
    expect(await rows()).toEqual([{ x: 1.5 }, { x: 'Infinity' }, { x: '-Infinity' }]);
  });

  it.each([
    ['in case only', 'SELECT id AS a, price AS "A" FROM orders', /"A", which differs from "a" in case only/],
    ['not at all', 'SELECT id AS a, price AS a FROM orders', /"a" like one before it/],
  ])('has names that differ %s taken with others, which is said, or refused', async (_, query, message) => {
    const { columns, notes } = await add('shop.sqlite', { query });
    expect(columns.map(({ name }) => name.toLowerCase())).toEqual(['a', 'a_2']);
    expect(notes).toEqual([expect.stringMatching(message)]);
    await expect(add('shop.sqlite', { query, names: 'strict' })).rejects.toMatchObject({
      code: 'TRS_DATA_HEADER',
      message: expect.stringMatching(message),
    });
  });

  it.each(["ATTACH DATABASE '/etc/passwd' AS x", 'DELETE FROM orders', 'SELECT 1; SELECT 2', 'nonsense'])(
    'does not run %s',
    async (query) => {
      await expect(add('shop.sqlite', { query })).rejects.toMatchObject({ code: 'TRS_DATA_SQLITE' });
    },
  );
});

it('refuses a password in the address of a database, before anything is recorded', async () => {
  await expect(add('postgres://me:secret@db/shop', { query: 'SELECT 1' })).rejects.toMatchObject({
    code: 'TRS_KERNEL_INPUT_INVALID',
  });
});
