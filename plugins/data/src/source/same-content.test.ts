import { execFileSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { DuckDBInstance } from '@duckdb/node-api';
import { type Host, isTrestleError } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataAdd, dataExport, dataPlugin } from '../index.ts';
import {
  FORMATS,
  type Format,
  heldBy,
  rowsOf,
  type Style,
  saidTypes,
  type WrittenTable,
  write,
  writtenTables,
} from './written-table.test.setup.ts';

/** Few, of which each is rich: FC_RUNS and FC_SEED look for more. */
const runs = { numRuns: Number(process.env.FC_RUNS ?? 9), interruptAfterTimeLimit: 50_000 };

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
const fresh = (start: string): string => `${start}${count++}`;

const add = async (path: string, options = {}) =>
  await host.run(dataAdd, { path, name: fresh('d'), ...options }, { surface: 'cli' });

const written = async (table: WrittenTable, format: Format, style: Style): Promise<string> => {
  const name = `${fresh('t')}.${format}`;
  await write(table, format, join(project.dir, name), style, duck);
  return name;
};

/** What has to be the same: all but the name of the dataset. */
const content = ({ columns, digest, rows }: Awaited<ReturnType<typeof add>>) => ({ columns, rows, digest });

/** What a shell makes of the `--type …` that a note ends with. */
const saidByShell = (note: string): string[] => {
  const word = /--type (.*)\.$/s.exec(note)?.[1];
  return word === undefined ? [] : [execFileSync('sh', ['-c', `printf %s ${word}`], { encoding: 'utf8' })];
};

/** Decimals of more digits than the version keeps are no others. */
const refusal = (thrown: unknown): unknown => {
  if (isTrestleError(thrown) && thrown.code === 'TRS_DATA_VALUE_CHANGED') return thrown.details.column;
  throw thrown;
};

describe('the same content', () => {
  it('has the same types and digest from every format that can say it', async () => {
    await fc.assert(
      fc.asyncProperty(writtenTables, async ({ table, style }) => {
        const type = saidTypes(table);
        const expected = content(await add(await written(table, 'parquet', style), { type }));
        for (const format of FORMATS)
          expect(content(await add(await written(table, format, style), { type })), format).toEqual(expected);
        for (const format of ['xlsx', 'sqlite'] as const) {
          const held = heldBy(table, format);
          const expected = content(await add(await written(held, 'parquet', style), { type }));
          expect(content(await add(await written(held, format, style), { type })), format).toEqual(expected);
        }
      }),
      runs,
    );
  });

  it('has the same types in any order of its rows, and lying in several files of any formats', async () => {
    const formats = fc.array(fc.constantFrom(...FORMATS), { minLength: 3, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(writtenTables, formats, async ({ table, style }, mixed) => {
        const type = saidTypes(table);
        const places = [...Array(table.rows).keys()];
        const { columns } = await add(await written(table, 'csv', style), { type });
        const turned = rowsOf(table, places.toReversed());
        expect((await add(await written(turned, 'csv', style), { type })).columns).toEqual(columns);
        const folder = async (formats: readonly Format[]) => {
          const name = fresh('f');
          await mkdir(join(project.dir, name));
          for (const [index, format] of formats.entries()) {
            const part = rowsOf(
              table,
              places.filter((place) => place % 3 === index),
            );
            if (part.rows > 0)
              await write(part, format, join(project.dir, name, `${index}.${format}`), style, duck);
          }
          return content(await add(name, { type }));
        };
        const apart = await folder(['parquet', 'parquet', 'parquet']);
        expect(apart.columns).toEqual(columns);
        expect(await folder(mixed), mixed.join()).toEqual(apart);
      }),
      runs,
    );
  });

  it('comes behind other rows as the same, or is refused as the same, in any format and order of columns', async () => {
    await fc.assert(
      fc.asyncProperty(writtenTables, fc.constantFrom(...FORMATS), async ({ table, style }, format) => {
        const half = Math.floor(table.rows / 2);
        const places = [...Array(table.rows).keys()];
        const [before, behind] = [rowsOf(table, places.slice(0, half)), rowsOf(table, places.slice(half))];
        const both = async (format: Format, columns: WrittenTable['columns']) => {
          const name = fresh('b');
          await add(await written(before, 'parquet', style), { name });
          const path = await written({ ...behind, columns }, format, style);
          return await add(path, { name, append: true }).then(content, refusal);
        };
        const expected = await both('parquet', behind.columns);
        expect(await both(format, behind.columns.toReversed()), format).toEqual(expected);
      }),
      runs,
    );
  });

  it('comes back from a file that it was written into, once a person says what the notes of the export ask for', async () => {
    await fc.assert(
      fc.asyncProperty(writtenTables, async ({ table, style }) => {
        const name = fresh('e');
        const before = content(await add(await written(table, 'parquet', style), { name }));
        for (const format of ['csv', 'tsv', 'json', 'jsonl', 'parquet'] as const) {
          const path = `${fresh('o')}.${format}`;
          const { notes = [] } = await host.run(dataExport, { name, path }, { surface: 'cli' });
          const type = notes.flatMap(saidByShell);
          expect(content(await add(path, { type })), `${format} ${notes.join('\n')}`).toEqual(before);
          await rm(join(project.dir, path));
        }
      }),
      runs,
    );
  });

  const plain: Style = { lineEnd: '\n', isQuoted: false, isBare: false, separator: ' ' };

  it.each<readonly [string, WrittenTable['columns'][number]]>([
    ['a minus zero', { name: 'x', kind: 'double', values: [0.5, -0] }],
    [
      'the smallest and the largest doubles',
      { name: 'x', kind: 'double', values: [0.5, 5e-324, Number.MAX_VALUE] },
    ],
    ['decimals of more than 18 digits', { name: 'x', kind: 'decimal', scale: 2, values: [110n, 10n ** 25n] }],
  ])('is %s', async (_, column) => {
    const table = { rows: column.values.length, columns: [column] };
    const expected = content(await add(await written(table, 'parquet', plain)));
    for (const format of FORMATS)
      expect(content(await add(await written(table, format, plain))), format).toEqual(expected);
  });

  it('has the types of the files that say them, where others have no value or fewer digits', async () => {
    const values = {
      'a.arrow': { text: null, small: 110n, wide: 10n ** 25n },
      'b.csv': { text: null, small: 125n, wide: 5n },
      'c.arrow': { text: 7n, small: null, wide: null },
      'd.json': { text: null, small: 7n, wide: 1n },
    };
    await mkdir(join(project.dir, 'mixed'));
    for (const [name, { text, small, wide }] of Object.entries(values)) {
      const columns: WrittenTable['columns'] = [
        { name: 'i', kind: 'integer', values: [text] },
        { name: 'small', kind: 'decimal', scale: 2, values: [small] },
        { name: 'wide', kind: 'decimal', scale: 2, values: [wide] },
      ];
      await write(
        { rows: 1, columns },
        name.endsWith('csv') ? 'csv' : name.endsWith('json') ? 'json' : 'arrow',
        join(project.dir, 'mixed', name),
        plain,
        duck,
      );
    }
    expect((await add('mixed')).columns.map(({ type, stored }) => stored ?? type)).toEqual([
      'integer',
      'DECIMAL(18,2)',
      'DECIMAL(38,2)',
    ]);
  });

  it.each<readonly [string, WrittenTable['columns'][number], RegExp]>([
    [
      'texts that look like days',
      { name: 'x', kind: 'text', values: ['2024-01-05', null] },
      /look like times.*--type x=string/,
    ],
    [
      'texts that look like truths',
      { name: 'x', kind: 'text', values: ['true', 'false'] },
      /look like truths.*--type x=string/,
    ],
    [
      'texts that look like numbers',
      { name: 'x', kind: 'text', values: ['7', ''] },
      /look like whole numbers.*--type x=string/,
    ],
    ['no value at all', { name: 'x', kind: 'integer', values: [null, null] }, /no value.*--type x=integer/],
    [
      'days before the year 1000',
      { name: 'x', kind: 'moment', values: [-50_000_000_000_000_000n] },
      /--type x=timestamp/,
    ],
  ])('is asked for by the export of %s into a CSV', async (_, column, note) => {
    const name = fresh('e');
    const table = {
      rows: column.values.length,
      columns: [{ name: 'a', kind: 'integer', values: column.values.map(() => 1n) } as const, column],
    };
    const before = content(await add(await written(table, 'parquet', plain), { name }));
    const { notes = [] } = await host.run(dataExport, { name, path: 'noted.csv' }, { surface: 'cli' });
    expect(notes).toEqual([expect.stringMatching(note)]);
    const type = notes.flatMap(saidByShell);
    expect(content(await add('noted.csv', { type }))).toEqual(before);
  });
});
