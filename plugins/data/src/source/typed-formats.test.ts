import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Host } from '@trestle/kernel';
import { plainValue } from '@trestle/tables';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import {
  DateDay,
  Decimal,
  DurationMicrosecond,
  Field,
  Int32,
  Int64,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimeMicrosecond,
  TimeNanosecond,
  TimestampMicrosecond,
  TimestampNanosecond,
  tableToIPC,
  Uint64,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataAdd, dataDiff, dataExport, dataPlugin } from '../index.ts';
import { withVersion } from '../version/version-relation.ts';
import { readManifest, resolveVersion } from '../version/versions.ts';

// decimal128(9, 2): 19.99, -0.5, null; beside it in price.arrow times of day: 12:30, null, 01:02:03. decimal256: 1.5, -2.25.
const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

describe('a source that says its types', () => {
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

  const add = async (path: string, name: string, options = {}) =>
    await host.run(dataAdd, { path, name, ...options }, { surface: 'cli' });
  /** As a query gives them, without the process that a query is run in. */
  const rows = async (name: string): Promise<readonly Record<string, unknown>[]> => {
    const scope = host.context({ id: 'test', access: 'data:read' });
    const { digest } = await resolveVersion(scope, name);
    return await withVersion(scope, await readManifest(scope, digest), undefined, async (engine, relation) =>
      (await engine.rows(`SELECT * FROM ${relation}`)).map((row) =>
        Object.fromEntries(Object.entries(row).map(([column, value]) => [column, plainValue(value)])),
      ),
    );
  };
  const parquet = async (name: string, select: string): Promise<string> => {
    const connection = await duck.connect();
    const path = join(project.dir, `${name}.parquet`);
    await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`);
    connection.closeSync();
    return path;
  };
  const arrow = async (name: string, table: Table): Promise<string> => {
    const path = join(project.dir, `${name}.arrow`);
    await writeFile(path, tableToIPC(table, 'file'));
    return path;
  };
  /** Columns from the memory that they are made of. */
  const made = (
    columns: readonly (readonly [string, ReturnType<typeof makeData>])[],
    length: number,
  ): Table => {
    const schema = new Schema(columns.map(([name, data]) => new Field(name, data.type, true)));
    const children = columns.map(([, data]) => data);
    return new Table([
      new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, children })),
    ]);
  };

  it('keeps decimals and times of day: the same content is the same version from Parquet, Arrow and Feather', async () => {
    const added = [];
    for (const file of ['price.parquet', 'price.feather', 'price.arrow']) {
      await copyFile(fixture(file), join(project.dir, file));
      added.push(await add(file, file));
      expect((await rows(file)).map(({ price }) => price)).toEqual([19.99, -0.5, null]);
    }
    expect((await rows('price.arrow')).map(({ t }) => t)).toEqual(['12:30:00', null, '01:02:03']);
    expect(added[0]?.columns[0]).toMatchObject({
      name: 'price',
      type: 'number',
      stored: 'DECIMAL(18,2)',
      nulls: 1,
    });
    expect(added[2]?.digest).toBe(added[0]?.digest);
    await copyFile(fixture('d256.arrow'), join(project.dir, 'd256.arrow'));
    await add('d256.arrow', 'd256');
    expect(await rows('d256')).toMatchObject([{ p: 1.5 }, { p: -2.25 }]);
  });

  it('keeps decimals of every width with their digits, through an export and back', async () => {
    const path = await parquet(
      'wide',
      'SELECT * FROM (VALUES (123456789012345678901234.56::DECIMAL(38,2), 1.10::DECIMAL(38,2)), (-0.01, 2.20)) AS v(a, b)',
    );
    const added = await add(path, 'wide');
    expect(added.columns.map(({ stored }) => stored)).toEqual(['DECIMAL(38,2)', 'DECIMAL(18,2)']);
    expect(await rows('wide')).toEqual([
      { a: '123456789012345678901234.56', b: 1.1 },
      { a: -0.01, b: 2.2 },
    ]);
    await host.run(dataExport, { name: 'wide', path: 'wide-out.parquet' }, { surface: 'cli' });
    expect((await add('wide-out.parquet', 'wide-again')).digest).toBe(added.digest);
  });

  it.each<readonly [string, string, unknown, string, RegExp | undefined]>([
    ['unsigned 64 bits that fit', '5::UBIGINT', 5, 'integer', undefined],
    [
      'unsigned 64 bits that do not',
      '18446744073709551615::UBIGINT',
      '18446744073709551615',
      'string',
      /beyond 64 bits/,
    ],
    ['64 bits beyond 2^53', '9007199254740993::BIGINT', '9007199254740993', 'integer', undefined],
    ['decimals without places', '12::DECIMAL(10,0)', 12, 'integer', undefined],
    ['a time of day', "TIME '12:30:00.5'", '12:30:00.5', 'string', undefined],
    [
      'a time of day with nanoseconds',
      "'12:30:00.123456789'::TIME_NS",
      '12:30:00.123456789',
      'string',
      undefined,
    ],
    ['a day', "DATE '2020-02-29'", '2020-02-29T00:00:00Z', 'timestamp', undefined],
    [
      'microseconds',
      "TIMESTAMP '2020-01-01 10:00:00.123456'",
      '2020-01-01T10:00:00.123456Z',
      'timestamp',
      undefined,
    ],
    [
      'nanoseconds that are none',
      "'2020-01-01 10:00:00.123456'::TIMESTAMP_NS",
      '2020-01-01T10:00:00.123456Z',
      'timestamp',
      undefined,
    ],
    [
      'nanoseconds',
      "'2020-01-01 10:00:00.123456789'::TIMESTAMP_NS",
      '2020-01-01T10:00:00.123456Z',
      'timestamp',
      /nanoseconds of 1 are cut off/,
    ],
    [
      'a time with a zone',
      "TIMESTAMPTZ '2020-01-01 10:00:00+02'",
      '2020-01-01T08:00:00Z',
      'timestamp',
      /kept as UTC/,
    ],
    [
      'a UUID',
      "'6e1c0a5e-0000-4000-8000-000000000001'::UUID",
      '6e1c0a5e-0000-4000-8000-000000000001',
      'string',
      undefined,
    ],
    ['an enumeration', "'a'::ENUM('a', 'b')", 'a', 'string', undefined],
    ['bytes', "'\\xAA\\x00'::BLOB", 'qgA=', 'string', /base64/],
    ['a list', '[1, NULL, 3]', '[1,null,3]', 'string', undefined],
    ['a struct', "{'a': 1, 'b': 'x\"y'}", '{"a":1,"b":"x\\"y"}', 'string', undefined],
    ['a map', "MAP {'k': 1}", '{"k":1}', 'string', undefined],
    ['float32', '0.1::FLOAT', 0.10000000149011612, 'number', undefined],
  ])('takes %s of Parquet', async (kind, sql, value, type, note) => {
    const name = kind.replaceAll(/\W+/g, '-');
    const added = await add(await parquet(name, `SELECT ${sql} AS x`), name);
    expect(await rows(name)).toEqual([{ x: value }]);
    expect(added.columns[0]?.type).toBe(type);
    if (note) expect(added.notes.join()).toMatch(note);
    else expect(added.notes).toEqual([]);
  });

  it('takes of Arrow what it takes of Parquet', async () => {
    const micros = 1_577_872_800_123_456n;
    const table = made(
      [
        ['u', makeData({ type: new Uint64(), length: 1, data: new BigUint64Array([5n]) })],
        ['i', makeData({ type: new Int64(), length: 1, data: new BigInt64Array([9007199254740993n]) })],
        ['m', makeData({ type: new TimestampMicrosecond(), length: 1, data: new BigInt64Array([micros]) })],
        ['d', makeData({ type: new DateDay(), length: 1, data: new Int32Array([-1]) })],
        [
          't',
          makeData({ type: new TimeMicrosecond(), length: 1, data: new BigInt64Array([45_000_500_000n]) }),
        ],
        ['c', makeData({ type: new Decimal(2, 9, 128), length: 1, data: new Uint32Array([1999, 0, 0, 0]) })],
      ],
      1,
    );
    const added = await add(await arrow('kinds', table), 'kinds');
    const same = await add(
      await parquet(
        'kinds',
        "SELECT 5::UBIGINT AS u, 9007199254740993 AS i, TIMESTAMP '2020-01-01 10:00:00.123456' AS m, DATE '1969-12-31' AS d, TIME '12:30:00.5' AS t, 19.99::DECIMAL(9,2) AS c",
      ),
      'kinds-parquet',
    );
    expect(await rows('kinds')).toEqual(await rows('kinds-parquet'));
    expect(added.digest).toBe(same.digest);
  });

  it('says that nanoseconds of INT96 are cut off, which the engine does without a word', async () => {
    // The bytes of an interval, told to be an INT96: 123,456,789 nanoseconds of the Julian day 2,440,588, which is 1970-01-01.
    const path = await parquet('int96', 'SELECT to_months(123456789) + to_milliseconds(2440588) AS t');
    const bytes = (await readFile(path)).toString('latin1');
    const told = bytes
      .replace('\x15\x0e\x15\x18', '\x15\x06\x15\x18')
      .replace('\x25\x2a', '\x55\x2a')
      .replace('\x15\x0e\x19', '\x15\x06\x19');
    await writeFile(path, told, 'latin1');
    const added = await add(path, 'int96');
    expect(added.notes).toEqual([
      expect.stringMatching(/^Column "t": times of the type INT96 are kept to the microsecond/),
    ]);
    expect(await rows('int96')).toEqual([{ t: '1970-01-01T00:00:00.123456Z' }]);
  });

  it('keeps the nanoseconds of times of day of Arrow, as of Parquet', async () => {
    const data = makeData({
      type: new TimeNanosecond(),
      length: 1,
      data: new BigInt64Array([45_000_123_456_789n]),
    });
    const added = await add(await arrow('clock', made([['x', data]], 1)), 'clock');
    const same = await add(
      await parquet('clock', "SELECT '12:30:00.123456789'::TIME_NS AS x"),
      'clock-parquet',
    );
    expect(added).toMatchObject({ digest: same.digest, notes: [] });
  });

  it('says what of Arrow becomes something else, and refuses by its name what is not read', async () => {
    const nanos = makeData({
      type: new TimestampNanosecond(),
      length: 1,
      data: new BigInt64Array([1_000_000_001n]),
    });
    const took = makeData({ type: new DurationMicrosecond(), length: 1, data: new BigInt64Array([5n]) });
    const added = await add(
      await arrow(
        'odd',
        made(
          [
            ['n', nanos],
            ['took', took],
          ],
          1,
        ),
      ),
      'odd',
    );
    expect(added.notes.join(' ')).toMatch(
      /"took": durations are kept as whole numbers of microseconds.*"n".*nanoseconds/,
    );
    expect(await rows('odd')).toEqual([{ n: '1970-01-01T00:00:01Z', took: 5 }]);
  });

  it('takes lists and structs of Arrow as the same JSON', async () => {
    const list = vectorFromArray([[1, null, 3], null, []], new List(new Field('item', new Int32(), true)));
    const struct = vectorFromArray(
      [{ a: 1n, b: 'x"y' }, { a: null, b: null }, null],
      new Struct([new Field('a', new Int64(), true), new Field('b', new Utf8(), true)]),
    );
    await add(await arrow('nested', new Table({ l: list, s: struct })), 'nested');
    expect(await rows('nested')).toEqual([
      { l: '[1,null,3]', s: '{"a":1,"b":"x\\"y"}' },
      { l: null, s: '{"a":null,"b":null}' },
      { l: '[]', s: null },
    ]);
  });

  describe('put behind a version', () => {
    it.each<readonly [string, string, string, boolean]>([
      ['whole numbers behind numbers', '0.5::DOUBLE', '7::BIGINT', true],
      ['whole numbers that a number rounds', '0.5::DOUBLE', '9007199254740993::BIGINT', false],
      ['fractions behind whole numbers', '1::BIGINT', '5.5::DOUBLE', false],
      ['whole fractions behind whole numbers', '1::BIGINT', '5.0::DOUBLE', true],
      ['decimals behind numbers', '0.5::DOUBLE', '19.99::DECIMAL(9,2)', true],
      ['decimals that a number rounds', '0.5::DOUBLE', '1234567890123456.78::DECIMAL(38,2)', false],
      ['numbers behind decimals', '1.25::DECIMAL(9,2)', '7.5::DOUBLE', true],
      ['numbers with more places than the decimals', '1.25::DECIMAL(9,2)', '7.555::DOUBLE', true],
      ['larger decimals', '1.25::DECIMAL(9,2)', '1.5::DECIMAL(9,1)', true],
      ['decimals with more places', '1.25::DECIMAL(9,2)', '1.555::DECIMAL(9,3)', true],
      ['infinities behind decimals', '1.25::DECIMAL(9,2)', "'inf'::DOUBLE", false],
      [
        'more places than 38 digits have beside the whole ones',
        '1234567890123456789012345678901234567.8::DECIMAL(38,1)',
        '0.12345::DECIMAL(9,5)',
        false,
      ],
      ['NaN behind whole numbers', '1::BIGINT', "'nan'::DOUBLE", false],
      ['texts behind whole numbers', '94107::BIGINT', "'01220'", false],
      ['whole numbers behind truths', 'true', '2::BIGINT', false],
      ['truths behind texts', "'a'", 'true', true],
      ['times behind whole numbers', '1::BIGINT', "TIMESTAMP '2020-01-01'", false],
      ['days behind times', "TIMESTAMP '2020-01-01 10:00:00'", "DATE '2020-01-02'", true],
      ['missing values behind anything', '1::BIGINT', 'NULL::VARCHAR', true],
    ])('%s', async (kind, before, behind, fits) => {
      const name = `append-${kind.replaceAll(/\W+/g, '-')}`;
      await add(await parquet('first', `SELECT ${before} AS x`), name);
      const [first] = await rows(name);
      const path = await parquet(
        'second',
        `SELECT x FROM (SELECT 0 AS o, NULL AS x UNION ALL SELECT 1, ${behind}) ORDER BY o`,
      );
      const appending = add(path, name, { append: true });
      if (!fits) {
        await expect(appending).rejects.toMatchObject({
          code: 'TRS_DATA_VALUE_CHANGED',
          message: expect.stringMatching(/row 2 of column "x"/),
          details: { column: 'x', row: 2 },
        });
        expect(await rows(name)).toEqual([first]);
        return;
      }
      await appending;
      expect((await rows(name))[0]).toEqual(first);
      expect(await rows(name)).toHaveLength(3);
    });
  });

  describe('compared with a version that keeps the same values in another way', () => {
    it.each<readonly [string, string, string, number]>([
      ['whole numbers and numbers', '(1, 5::BIGINT), (2, 6)', '(1, 5.0::DOUBLE), (2, 6.0)', 0],
      ['a value that changed', '(1, 5::BIGINT), (2, 7)', '(1, 5.0::DOUBLE), (2, 7.5)', 1],
      ['decimals and numbers', '(1, 19.90::DECIMAL(9,2)), (2, 0.10)', '(1, 19.9::DOUBLE), (2, 0.1)', 0],
      ['decimals of two scales', '(1, 1.50::DECIMAL(9,2)), (2, 2)', '(1, 1.5::DECIMAL(9,1)), (2, 2)', 0],
      ['beyond 2^53', '(1, 9007199254740993::BIGINT), (2, 1)', '(1, 9007199254740992::DOUBLE), (2, 1)', 1],
      ['numbers and texts', '(1, 5::BIGINT), (2, 1220)', "(1, '5.0'), (2, '01220')", 1],
      [
        'days and texts',
        "(1, DATE '2020-01-01'), (2, DATE '2020-01-02')",
        "(1, '2020-01-01'), (2, '2020-01-02T00:00:00')",
        0,
      ],
      ['truths and texts', '(1, true), (2, false)', "(1, 'true'), (2, 'FALSE')", 0],
      ['missing values', '(1, 5::BIGINT), (2, NULL)', '(1, 5.0::DOUBLE), (2, NULL)', 0],
      ['small numbers', '(1, 0.00001::DECIMAL(9,5)), (2, 1)', '(1, 1e-5::DOUBLE), (2, 1)', 0],
    ])('%s', async (kind, from, to, changed) => {
      const name = `diff-${kind.replaceAll(/\W+/g, '-')}`;
      await add(await parquet('from', `SELECT * FROM (VALUES ${from}) AS v(id, x)`), name);
      await add(await parquet('to', `SELECT * FROM (VALUES ${to}) AS v(id, x)`), name);
      const input = { from: `${name}@1`, to: `${name}@2` };
      const byKey = await host.run(dataDiff, { ...input, key: 'id' });
      expect(byKey.rows.changed).toBe(changed);
      expect(byKey.columns.find((column) => column.name === 'x')?.changed).toBe(changed);
      const distance = byKey.columns.find((column) => column.name === 'x')?.distance ?? 1;
      if (changed === 0) expect(distance).toBeLessThan(0.05);
      else expect(distance).toBeLessThan(0.9);
      const whole = await host.run(dataDiff, input);
      expect(whole.rows).toMatchObject({ added: changed, removed: changed });
    });
  });

  it('writes no NaN and no infinities into JSON, and counts what became null', async () => {
    await add(await parquet('nan', "SELECT unnest([1.5, 'nan'::DOUBLE, 'inf'::DOUBLE, NULL]) AS x"), 'nan');
    for (const [file, read] of [
      ['o.json', (text: string) => JSON.parse(text)],
      [
        'o.jsonl',
        (text: string) =>
          text
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line)),
      ],
    ] as const) {
      const written = await host.run(dataExport, { name: 'nan', path: file }, { surface: 'cli' });
      expect(written.notes).toEqual([expect.stringMatching(/"x": .*; 2 of them are null/)]);
      expect(read(await readFile(join(project.dir, file), 'utf8'))).toEqual([
        { x: 1.5 },
        { x: null },
        { x: null },
        { x: null },
      ]);
    }
  });
});
