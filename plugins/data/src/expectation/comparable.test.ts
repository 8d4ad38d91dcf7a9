import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataAdd, dataPlugin, dataValidate, type ExpectationInput } from '../index.ts';

const ENGINE_WORDS = /Binder|Catalog|Conversion|Invalid Input|Parser|VARCHAR|BIGINT|DOUBLE|_LITERAL|zod/;

const ROWS = [
  { i: 1, n: 1.5, s: 'foo1', t: '2020-01-01T00:00:00Z', b: true, empty: null },
  { i: 2, n: 2.5, s: 'foo2', t: '2020-06-01T12:00:00Z', b: false, empty: null },
  { i: 9007199254740993n, n: 3.5, s: 'x', t: null, b: true, empty: null },
];

describe('an expectation held against a column of some type', () => {
  let project: TemporaryProject;
  let host: Host;
  const file = (name: string, text: string): Promise<void> => writeFile(join(project.dir, name), text);
  beforeAll(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin]);
    const text = ROWS.map((row) =>
      JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `big${value}` : value)).replace(
        /"big(\d+)"/,
        '$1',
      ),
    );
    await file('a.jsonl', `${text.join('\n')}\n`);
    await host.run(dataAdd, { path: 'a.jsonl', name: 'things' }, { surface: 'cli' });
    await file('nan.csv', 'id,x\n1,1.5\n2,nan\n3,inf\n4,\n');
    await host.run(dataAdd, { path: 'nan.csv', name: 'odd', type: ['x=number'] }, { surface: 'cli' });
  });
  afterAll(() => project.remove());

  const check = async (expectations: readonly ExpectationInput[], name = 'things') => {
    await file('suite.json', JSON.stringify({ expectations }));
    return await host.run(dataValidate, { name, suite: 'suite.json' }, { surface: 'cli' });
  };

  it.each<readonly [ExpectationInput, RegExp]>([
    [
      { type: 'column.between', column: 's', min: 0, max: 400 },
      /^"s" is string, and its bound 0 is no value/,
    ],
    [{ type: 'column.between', column: 'i', min: 'a' }, /^"i" is integer, and its bound "a" is no/],
    [{ type: 'column.between', column: 't', max: 5 }, /^"t" is timestamp, and its bound 5 is no/],
    [{ type: 'column.between', column: 't', min: '2020-13-01' }, /"2020-13-01" is no value of that type/],
    [{ type: 'column.between', column: 'b', min: 0, max: 1 }, /^"b" is boolean/],
    [{ type: 'column.inSet', column: 's', values: [1, 2] }, /^"s" is string, and its set holds 1 /],
    [
      { type: 'column.inSet', column: 'n', values: ['low', 'high'] },
      /^"n" is number, and its set holds "low"/,
    ],
    [{ type: 'column.inSet', column: 't', values: ['soon'] }, /^"t" is timestamp/],
    [{ type: 'column.aggregate', column: 's', of: 'mean', min: 0 }, /^"s" is string: there is no mean of it/],
    [
      { type: 'column.aggregate', column: 't', of: 'max', max: 1 },
      /^"t" is timestamp: there is no max of it/,
    ],
    [{ type: 'column.aggregate', column: 'b', of: 'sum', min: 0 }, /^"b" is boolean/],
    [{ type: 'column.aggregate', column: 'empty', of: 'mean' }, /string/],
    [
      { type: 'column.references', column: 'i', dataset: 'things', key: 's' },
      /"i" is integer, and "s" of things is string/,
    ],
    [{ type: 'column.type', column: 'i', is: 'number' }, /^It is integer\.$/],
    [{ type: 'column.type', column: 'none', is: 'number' }, /no such column/],
    [{ type: 'table.columns', names: ['i', 'j'] }, /^Not there: j\.$/],
    [{ type: 'column.matches', column: 's', pattern: 'oo' }, /whole value/],
    [
      { type: 'row.sql', expression: 's > 5' },
      /^It cannot be judged: a text is compared with a whole number/,
    ],
    [{ type: 'row.sql', expression: 'CAST(s AS INTEGER) > 5' }, /the text "foo1" is not a whole number/],
    [{ type: 'row.sql', expression: 'speed > 5' }, /there is no column "speed"/],
    [{ type: 'table.sql', expression: 'sum(s) > 5' }, /"sum" does not take a text/],
  ])('%j fails, says why in plain words, and loses no other', async (expectation, reason) => {
    const { passed, results } = await check([
      { type: 'column.notNull', column: 'i' },
      expectation,
      { type: 'column.notNull', column: 't' },
    ]);
    expect(passed).toBe(false);
    expect(results.map((result) => result.passed)).toEqual([true, false, false]);
    expect(results[1]?.reason).toMatch(reason);
    expect(results[1]?.failures).toBeGreaterThan(0);
    expect(JSON.stringify(results)).not.toMatch(ENGINE_WORDS);
    expect(results[2]).toMatchObject({ failures: 1, examples: [{ row: 3 }] });
  });

  it.each<ExpectationInput>([
    { type: 'column.between', column: 'empty', min: 0, max: 400 },
    { type: 'column.between', column: 'empty', min: 'a' },
    { type: 'column.inSet', column: 'empty', values: [1, 2] },
    { type: 'column.matches', column: 'empty', pattern: 'x' },
    { type: 'column.unique', column: 'empty' },
    { type: 'column.references', column: 'empty', dataset: 'things', key: 'i' },
    { type: 'column.between', column: 't', min: '2020-01-01', max: '2020-06-01T12:00:00Z' },
    { type: 'column.between', column: 'i', max: '9007199254740993' },
    { type: 'column.inSet', column: 'i', values: [1, 2, '9007199254740993'] },
    { type: 'column.inSet', column: 'b', values: ['true', 'false'] },
    { type: 'column.matches', column: 's', pattern: '(foo\\d|x)' },
    { type: 'column.aggregate', column: 'n', of: 'median', min: 2.5, max: 2.5 },
  ])('%j holds: missing values are not judged, and exact ones are exact', async (expectation) => {
    expect((await check([expectation])).results).toMatchObject([{ passed: true, failures: 0 }]);
  });

  it('does not round the bounds of large whole numbers', async () => {
    const { results } = await check([{ type: 'column.between', column: 'i', max: '9007199254740992' }]);
    expect(results).toMatchObject([{ passed: false, failures: 1, examples: [{ row: 3 }] }]);
  });

  it.each<readonly [ExpectationInput, Record<string, unknown>]>([
    // NaN is not missing, and between nothing and in no set; an infinity is compared as the number that it is.
    [
      { type: 'column.notNull', column: 'x' },
      { failures: 1, examples: [{ row: 4 }] },
    ],
    [
      { type: 'column.between', column: 'x', min: 0 },
      { failures: 1, examples: [{ row: 2, values: { x: 'NaN' } }] },
    ],
    [{ type: 'column.between', column: 'x', max: 9 }, { failures: 2 }],
    [{ type: 'column.inSet', column: 'x', values: [1.5] }, { failures: 2 }],
    [{ type: 'column.aggregate', column: 'x', of: 'mean', min: 9 }, { observed: 1.5 }],
    [{ type: 'column.aggregate', column: 'x', of: 'sum', min: 9 }, { observed: 1.5 }],
    [{ type: 'column.aggregate', column: 'x', of: 'max', max: 9 }, { reason: 'The max is Infinity.' }],
    [{ type: 'column.aggregate', column: 'x', of: 'min', min: 9 }, { observed: 1.5 }],
  ])('%j of NaN and infinities', async (expectation, finding) => {
    expect((await check([expectation], 'odd')).results).toMatchObject([{ passed: false, ...finding }]);
  });

  it('is refused with the results of the others where it names what is not there', async () => {
    const holds: ExpectationInput = { type: 'column.notNull', column: 'i' };
    const fails: ExpectationInput = { type: 'column.notNull', column: 't' };
    for (const [odd, code] of [
      [{ type: 'column.notNull', column: 'nope' }, 'TRS_DATA_UNKNOWN_COLUMN'],
      [{ type: 'column.references', column: 'i', dataset: 'things', key: 'nope' }, 'TRS_DATA_UNKNOWN_COLUMN'],
      [{ type: 'table.rowCountLike', dataset: 'nope', within: 1 }, 'TRS_DATA_UNKNOWN_DATASET'],
      [{ type: 'row.sql', expression: '1; 2' }, 'TRS_DATA_EXPRESSION'],
      [{ type: 'row.function', module: 'nope.ts' }, 'TRS_DATA_EXPECTATION_MODULE'],
    ] as const)
      await expect(check([holds, odd, fails])).rejects.toMatchObject({
        code,
        hint: expect.stringContaining('do not hold: column.notNull "t"'),
        details: { results: [{ passed: true }, { passed: false, failures: 1 }] },
      });
  });

  it('is refused when the suite is loaded, if it holds a number that JSON does not carry; as a text it holds', async () => {
    await file('big.csv', 'id\n9007199254740992\n9007199254740995\n');
    await host.run(dataAdd, { path: 'big.csv', name: 'big' }, { surface: 'cli' });
    const validate = async (suite: string) => {
      await file('suite.json', suite);
      return host.run(dataValidate, { name: 'big', suite: 'suite.json' }, { surface: 'cli' });
    };
    const suite = (least: string) =>
      `{"expectations":[{"type":"column.between","column":"id","min":${least}}]}`;
    await expect(validate(suite('9007199254740993'))).rejects.toMatchObject({
      code: 'TRS_DATA_SUITE_INVALID',
      message: expect.stringContaining('9007199254740993'),
      hint: 'Write it as a text: "9007199254740993".',
    });
    expect(await validate(suite('"9007199254740993"'))).toMatchObject({
      passed: false,
      results: [{ failures: 1 }],
    });
  });

  it.each(['(', 'a(?=b)', '(a)\\1', '[z-a]', '*'])(
    'is refused when the suite is loaded, if its pattern is no regular expression: %s',
    async (pattern) => {
      const added = { path: 'a.jsonl', name: 'never', suite: 'suite.json' };
      await file(
        'suite.json',
        JSON.stringify({ expectations: [{ type: 'column.matches', column: 's', pattern }] }),
      );
      const refused = {
        code: 'TRS_DATA_SUITE_INVALID',
        message: expect.stringMatching(/column\.matches of "s".*regular expression/),
      };
      await expect(
        host.run(dataValidate, { name: 'things', suite: 'suite.json' }, { surface: 'cli' }),
      ).rejects.toMatchObject(refused);
      await expect(host.run(dataAdd, added, { surface: 'cli' })).rejects.toMatchObject(refused);
    },
  );
});
