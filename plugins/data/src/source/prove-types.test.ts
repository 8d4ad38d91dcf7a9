import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataAdd, dataPlugin, dataQuery } from '../index.ts';

let project: TemporaryProject;
let host: Host;
beforeAll(async () => {
  project = await temporaryProject();
  host = await project.open([dataPlugin]);
});
afterAll(() => project.remove());

let next = 0;
const add = async (name: string, content: string, options = {}) => {
  const dataset = `d${next++}`;
  await writeFile(join(project.dir, name), content);
  const added = await host.run(dataAdd, { path: name, name: dataset, ...options }, { surface: 'cli' });
  const { rows } = await host.run(dataQuery, { sql: `SELECT * FROM ${dataset}` });
  return { ...added, rows };
};

type Case = readonly [texts: readonly string[], type: string, values: readonly unknown[]];

/** The cases as columns of one table: shorter ones end with missing values. */
const csvOf = (cases: readonly Case[], isTurned: boolean): string => {
  const longest = Math.max(...cases.map(([texts]) => texts.length));
  const lines = Array.from({ length: longest }, (_, row) =>
    cases.map(([texts]) => texts[row] ?? '').join(','),
  );
  const header = cases.map((_, index) => `c${index}`).join(',');
  return `${[header, ...(isTurned ? lines.toReversed() : lines)].join('\n')}\n`;
};

const FIELDS: readonly Case[] = [
  // Whole numbers.
  [['1', '-2', '0'], 'integer', [1, -2, 0]],
  [['9007199254740993', '1'], 'integer', ['9007199254740993', 1]],
  [['9223372036854775807'], 'integer', ['9223372036854775807']],
  [['9223372036854775808'], 'string', ['9223372036854775808']],
  [
    ['12345678901234567890', '12345678901234567891'],
    'string',
    ['12345678901234567890', '12345678901234567891'],
  ],
  [['007', '1'], 'string', ['007', '1']],
  [['+5', '1'], 'string', ['+5', '1']],
  [['-0', '1'], 'string', ['-0', '1']],
  [['1_000', '1'], 'string', ['1_000', '1']],
  [['0x1A', '1'], 'string', ['0x1A', '1']],
  [['9007199254740993', '0.5'], 'string', ['9007199254740993', '0.5']],
  // Numbers.
  [['1', '0.5', '-2.25'], 'number', [1, 0.5, -2.25]],
  [['1.0', '0.5', '1e-05'], 'number', [1, 0.5, 0.00001]],
  [['0.1', '0.30000000000000004'], 'number', [0.1, 0.30000000000000004]],
  [['1', '0.00001', '1.5e-7'], 'number', [1, 0.00001, 1.5e-7]],
  [['1.10', '2.50'], 'number', [1.1, 2.5]],
  [['1.10', '2.5'], 'string', ['1.10', '2.5']],
  [['1.0', '2'], 'string', ['1.0', '2']],
  [['1E5', '2'], 'string', ['1E5', '2']],
  [['1e5', '2'], 'string', ['1e5', '2']],
  [['1e400', '2'], 'string', ['1e400', '2']],
  [['.5', '2'], 'string', ['.5', '2']],
  [['5.', '2'], 'string', ['5.', '2']],
  [['0.12345678901234567890', '0.5'], 'string', ['0.12345678901234567890', '0.5']],
  [['NaN', '1.5'], 'string', ['NaN', '1.5']],
  [['nan', '1.5'], 'number', ['NaN', 1.5]],
  [['inf', '-inf', '1.5'], 'number', ['Infinity', '-Infinity', 1.5]],
  [['-inf', '1', '20'], 'number', ['-Infinity', 1, 20]],
  [['inf', 'nan'], 'string', ['inf', 'nan']],
  [['Infinity', '1.5'], 'string', ['Infinity', '1.5']],
  [['-Infinity', '1.5'], 'string', ['-Infinity', '1.5']],
  [['1,5', '2,5'].map((text) => `"${text}"`), 'string', ['1,5', '2,5']],
  // Truths.
  [['true', 'false'], 'boolean', [true, false]],
  [['TRUE', 'FALSE'], 'boolean', [true, false]],
  [['True', 'False'], 'boolean', [true, false]],
  [['true', 'False'], 'string', ['true', 'False']],
  [['NO', 'NO'], 'string', ['NO', 'NO']],
  [['T', 'F'], 'string', ['T', 'F']],
  [['Y', 'N'], 'string', ['Y', 'N']],
  [['yes', 'no'], 'string', ['yes', 'no']],
  [['0', '1'], 'integer', [0, 1]],
  // Days and times.
  [['2024-01-02', '1999-12-31'], 'timestamp', ['2024-01-02T00:00:00Z', '1999-12-31T00:00:00Z']],
  [['2024-02-30'], 'string', ['2024-02-30']],
  [['2024-1-2'], 'string', ['2024-1-2']],
  [['0001-02-03', '0004-05-06'], 'string', ['0001-02-03', '0004-05-06']],
  [['1-2-3', '4-5-6'], 'string', ['1-2-3', '4-5-6']],
  [['01-02-03'], 'string', ['01-02-03']],
  [['10.12.03'], 'string', ['10.12.03']],
  [['01/02/2024'], 'string', ['01/02/2024']],
  [
    ['2024-01-01', 'infinity', '-infinity', 'epoch'],
    'string',
    ['2024-01-01', 'infinity', '-infinity', 'epoch'],
  ],
  [['epoch', 'infinity'], 'string', ['epoch', 'infinity']],
  [['now', 'today'], 'string', ['now', 'today']],
  [
    ['2024-01-01 10:00:00', '2024-01-01 10:00:00.5'],
    'timestamp',
    ['2024-01-01T10:00:00Z', '2024-01-01T10:00:00.5Z'],
  ],
  [
    ['2024-01-01T10:00:00.000Z', '2024-01-01T10:00:00.123Z'],
    'timestamp',
    ['2024-01-01T10:00:00Z', '2024-01-01T10:00:00.123Z'],
  ],
  // As Python writes them: without a fraction, or with six digits.
  [
    ['2024-01-01T10:00:00', '2024-01-01T10:00:00.500000', '2024-01-01T10:00:00.123456'],
    'timestamp',
    ['2024-01-01T10:00:00Z', '2024-01-01T10:00:00.5Z', '2024-01-01T10:00:00.123456Z'],
  ],
  [
    ['2024-01-01 10:00:00+00:00', '2024-01-01 10:00:00.500000+00:00'],
    'timestamp',
    ['2024-01-01T10:00:00Z', '2024-01-01T10:00:00.5Z'],
  ],
  [
    ['2024-01-01 10:00:00', '2024-01-01 10:00:00.000000', '2024-01-01 10:00:00.100000'],
    'string',
    ['2024-01-01 10:00:00', '2024-01-01 10:00:00.000000', '2024-01-01 10:00:00.100000'],
  ],
  [
    ['2024-01-01 10:00:00.5', '2024-01-01 10:00:00.500000'],
    'string',
    ['2024-01-01 10:00:00.5', '2024-01-01 10:00:00.500000'],
  ],
  [['2024-01-01 10:00', '2024-01-01 11:30'], 'timestamp', ['2024-01-01T10:00:00Z', '2024-01-01T11:30:00Z']],
  [['2024-01-01 10:00', '2024-01-01 11:30:05'], 'string', ['2024-01-01 10:00', '2024-01-01 11:30:05']],
  [
    ['2024-01-01', '2024-01-01 10:00:00', '2025-01-01'],
    'timestamp',
    ['2024-01-01T00:00:00Z', '2024-01-01T10:00:00Z', '2025-01-01T00:00:00Z'],
  ],
  [['2024-01-01 10:00:00+00:00'], 'timestamp', ['2024-01-01T10:00:00Z']],
  [['2024-01-01T10:00:00+02:00'], 'string', ['2024-01-01T10:00:00+02:00']],
  [['2024-01-01 24:00:00'], 'string', ['2024-01-01 24:00:00']],
  [['2024-01-01 10:00:00.1234567'], 'string', ['2024-01-01 10:00:00.1234567']],
  [['2016-12-31 23:59:60'], 'string', ['2016-12-31 23:59:60']],
  [['12:30', '12:31'], 'string', ['12:30', '12:31']],
  [['12:30:00'], 'string', ['12:30:00']],
  [['550E8400-E29B-41D4-A716-446655440000'], 'string', ['550E8400-E29B-41D4-A716-446655440000']],
  // Missing values.
  [['', '5'], 'integer', [null, 5]],
  [['""', '5'], 'integer', [null, 5]],
  [['', 'a', '""'], 'string', [null, 'a', '']],
  [['', ''], 'string', [null, null]],
  [[' 5', '6'], 'string', [' 5', '6']],
];

describe('a type that is read from looks', () => {
  it('is that of a delimited text, in any order of its rows', async () => {
    const added = await add('a.csv', csvOf(FIELDS, false));
    const turned = await add('a.csv', csvOf(FIELDS, true));
    for (const [index, [texts, type, values]] of FIELDS.entries()) {
      const of = `column of ${JSON.stringify(texts)}`;
      expect(added.columns[index], of).toMatchObject({ type });
      expect(
        added.rows.slice(0, values.length).map((row) => row[`c${index}`]),
        of,
      ).toEqual(values);
      expect(turned.columns[index], of).toMatchObject({ type });
    }
  });

  it.each([
    ['[{"v":1.10},{"v":2.50}]', 'number', [1.1, 2.5]],
    ['[{"v":1.10},{"v":2.5}]', 'number', [1.1, 2.5]],
    ['[{"v":1E5},{"v":2}]', 'number', [100000, 2]],
    ['[{"v":7},{"v":"A1"},{"v":"say \\"hi\\""}]', 'string', ['7', 'A1', 'say "hi"']],
    ['[{"v":true},{"v":"x"}]', 'string', ['true', 'x']],
    ['[{"v":1.10},{"v":"x"}]', 'string', ['1.10', 'x']],
    ['[{"v":"2024-01-01"},{"v":5}]', 'string', ['2024-01-01', '5']],
    ['[{"v":"5"},{"v":"6"}]', 'string', ['5', '6']],
    ['[{"v":"true"},{"v":"false"}]', 'string', ['true', 'false']],
    ['[{"v":true},{"v":false},{"v":null}]', 'boolean', [true, false, null]],
    [
      '[{"v":"2024-01-01"},{"v":"2024-01-02"}]',
      'timestamp',
      ['2024-01-01T00:00:00Z', '2024-01-02T00:00:00Z'],
    ],
    [
      '[{"v":"12:30"},{"v":"550E8400-E29B-41D4-A716-446655440000"}]',
      'string',
      ['12:30', '550E8400-E29B-41D4-A716-446655440000'],
    ],
    ['[{"v":"25-11-2025"}]', 'string', ['25-11-2025']],
    ['[{"v":""},{"v":null}]', 'string', ['', null]],
    ['[{"v":12345678901234567890},{"v":1}]', 'string', ['12345678901234567890', '1']],
    ['[{"v":9007199254740993},{"v":0.5}]', 'string', ['9007199254740993', '0.5']],
    ['[{"v":-20706676750982988000},{"v":0.5}]', 'number', [-20706676750982988000, 0.5]],
    ['[{"v":1e400},{"v":1}]', 'string', ['1e400', '1']],
    ['[{"v":NaN},{"v":1.5}]', 'string', ['NaN', '1.5']],
    ['[{"v":{"k": 1.10, "u": "\\u00e9 x"}},{"v":[1, 2]}]', 'string', ['{"k":1.10,"u":"\\u00e9 x"}', '[1,2]']],
    ['[{"v":0.000012345678901234568},{"v":0.10000000000000001}]', 'number', [0.000012345678901234568, 0.1]],
    ['[{"v":null},{"other":1}]', 'string', [null, null]],
  ])('of %s is %s', async (content, type, values) => {
    const added = await add('a.json', content);
    expect(added.columns.find((column) => column.name === 'v')?.type).toBe(type);
    expect(added.rows.map(({ v }) => v)).toEqual(values);
  });

  it('is looked for in what a person says that numbers, days and missing values are written as', async () => {
    const text = 'p;m;c;d;n\n1.234,50;$5;12,5%;01.02.2024;NA\n7,25;$7;3%;13.02.2024;5\n';
    const said = { decimal: ',', thousands: '.', currency: ['$'], percent: true, dateFormat: '%d.%m.%Y' };
    const added = await add('a.csv', text, { ...said, nulls: ['n=NA'] });
    expect(added.notes).toEqual([]);
    expect(added.rows).toEqual([
      { p: 1234.5, m: 5, c: 0.125, d: '2024-02-01T00:00:00Z', n: null },
      { p: 7.25, m: 7, c: 0.03, d: '2024-02-13T00:00:00Z', n: 5 },
    ]);
    const unsaid = await add('a.csv', text);
    expect(unsaid.columns.map(({ type }) => type)).toEqual([
      'string',
      'string',
      'string',
      'string',
      'string',
    ]);
    for (const option of ['--decimal , --thousands .', '--date-format %d.%m.%Y', '--nulls n=NA'])
      expect(unsaid.notes.join(' ')).toContain(option);
  });

  it.each([
    ['x,y\n007,a\n1,b\n', undefined],
    ['x,y\n-0,a\n1,b\n', undefined],
    ['x;y\n1,5;a\n7;b\n', '--decimal ,'],
    ['x;y\n1,500;a\n7;b\n', '--thousands ,'],
    ['x;y\n1 500;a\n7;b\n', '--thousands " "'],
    ['x;y\n1.500,5;a\n7;b\n', '--decimal , --thousands .'],
  ])('of %j is text, and the note names the option that it shows', async (text, option) => {
    const { columns, notes } = await add('a.csv', text);
    expect(columns[0]?.type).toBe('string');
    if (option === undefined) expect(notes).toEqual([]);
    else expect(notes).toEqual([expect.stringContaining(`${option} reads them`)]);
  });
});
