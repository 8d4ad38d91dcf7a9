import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineMessage, inWords } from './engine-message.ts';

/** Words of the engine's inside, which a person cannot do anything with. */
const ENGINE_WORDS =
  /Binder|Catalog|Conversion Error|Invalid Input|Parser Error|INTERNAL|Out of Range|Not implemented|_LITERAL|INT(8|16|32|64)|[Dd]uck/;

describe('what the engine says of SQL', () => {
  let instance: DuckDBInstance;
  let said: (sql: string) => Promise<ReturnType<typeof engineMessage>>;
  beforeAll(async () => {
    instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(
      "CREATE TABLE t AS SELECT 1::BIGINT AS a, 2.5::DOUBLE AS n, 'abc' AS s, TIMESTAMP '2020-01-01' AS d",
    );
    said = async (sql) =>
      await connection.runAndReadAll(sql).then(
        () => {
          throw new Error(`${sql} runs`);
        },
        (thrown: unknown) => engineMessage(thrown),
      );
  });
  afterAll(() => instance.closeSync());

  it.each([
    ['SELECT q FROM t', 'there is no column "q" (line 1, column 8)', '"a"'],
    ['SELECT t.q FROM t', '"t" has no column "q" (line 1, column 8)', '"n"'],
    ['SELECT a\nFROM t\nWHERE s > 5', 'a text is compared with a whole number (line 3, column 9)', 'CAST'],
    ['SELECT sum(s) FROM t', '"sum" does not take a text (line 1, column 8)', 'CAST'],
    [
      'SELECT a FROM t WHERE s LIKE 5',
      '"LIKE" does not take a text and a whole number (line 1, column 25)',
      'CAST',
    ],
    ['SELECT flor(n) FROM t', 'there is no function "flor" (line 1, column 8)', 'Did you mean "floor"?'],
    ['SELEC a FROM t', '"SELEC" is not expected here (line 1, column 1)', undefined],
    [
      'SELECT a FROM t WHERE',
      'it ends too early: something is missing, or a bracket is not closed',
      undefined,
    ],
    ["SELECT 'abc", 'a quote is opened and not closed (line 1, column 8)', undefined],
    ['SELECT CAST(s AS INT) FROM t', 'the text "abc" is not a whole number (line 1, column 8)', 'TRY_CAST'],
    ["SELECT DATE '2020-13-01'", '"2020-13-01" is no date or time that there is', undefined],
    [
      'SELECT a FROM t GROUP BY n',
      '"a" is neither grouped by nor aggregated (line 1, column 8)',
      'any_value("a")',
    ],
    [
      'SELECT a * 9223372036854775807 * 2 FROM t',
      '9223372036854775807 * 2 is too large for a whole number',
      'DOUBLE',
    ],
    ['SELECT a FROM t WHERE sum(a) > 1', 'WHERE holds an aggregate (line 1, column 23)', 'HAVING'],
    [
      'SELECT * FROM t JOIN t u ON a = a',
      'more than one table has a column "a" (line 1, column 29)',
      '"t.a" or "u.a"',
    ],
    [
      'SELECT (SELECT a FROM t UNION ALL SELECT 2)',
      'a query that stands for one value gives more than one row',
      'LIMIT 1',
    ],
    ["SELECT regexp_matches(s, '(') FROM t", 'a regular expression is wrong: missing ): (', undefined],
  ])('%s', async (sql, words, hint) => {
    const message = await said(sql);
    expect(inWords(message)).toBe(words);
    if (hint === undefined) expect(message.hint).toBeUndefined();
    else expect(message.hint).toContain(hint);
  });

  it.each([
    'SELECT sqrt(-1)',
    'SELECT make_date(2020, 13, 1)',
    "SELECT strptime(s, '%Y') FROM t",
    'SELECT unnest(a) FROM t',
    "SELECT a FROM t LIMIT 'x'",
    'SELECT struct_pack(a := 1).b',
    "SELECT CAST('nan'::DOUBLE AS DECIMAL(18,2))",
    'SELECT 300::UTINYINT',
    'SELECT s::JSON FROM t',
    'SELECT d + 1 FROM t',
    'SELECT a FROM t UNION SELECT a, n FROM t',
    'SELECT nosuch.a FROM t',
    'SELECT a::nosuch FROM t',
  ])('has no words of the inside left: %s', async (sql) => {
    const message = await said(sql);
    expect(message.what).not.toMatch(ENGINE_WORDS);
    expect(message.hint ?? '').not.toMatch(ENGINE_WORDS);
    expect(message.what).not.toMatch(/Error/);
  });
});
