import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Expected, guessedOtherwise, isSame, wrong } from './differential/compare.ts';
import { readOurs } from './differential/read.ts';

// A part of what `differential/run.ts` does with thousands of files, with what the peers read of them written down.
const fixture = (path: string): string =>
  fileURLToPath(new URL(`./differential/fixtures/${path}`, import.meta.url));

describe.each(['csv', 'json', 'xlsx'])('files of the format %s', (format) => {
  it('hold what pandas, openpyxl and Python read in them, value by value', { timeout: 120_000 }, async () => {
    const lines = await readFile(fixture(`${format}/expected.jsonl`), 'utf8');
    const expected = lines
      .trimEnd()
      .split('\n')
      .map((line): Expected => JSON.parse(line));
    expect(expected.length).toBeGreaterThan(20);
    const found = [];
    let otherwise = 0;
    for (const one of expected) {
      const ours = await readOurs(fixture(`${format}/${one.file}`), one.options);
      found.push(...wrong(one, ours));
      otherwise += guessedOtherwise(one, ours).length;
    }
    expect(found).toEqual([]);
    expect(otherwise).toBeGreaterThan(0);
  });
});

describe('a value that is compared', () => {
  it.each<readonly [string, string | null, readonly [string, string] | null, boolean]>([
    ['integer', '9007199254740992', ['n', '9007199254740993'], false],
    ['integer', '100', ['n', '1e2'], true],
    ['number', '0.1', ['n', '0.1000000000000000055'], true],
    ['number', '0.1', ['n', '0.10000000000000002'], false],
    ['DECIMAL(18,2)', '1.10', ['s', '1.10'], true],
    ['DECIMAL(18,2)', '1.10', ['s', '1.101'], false],
    ['DECIMAL(18,2)', '11.00', ['s', '1.10'], false],
    ['timestamp', '2024-01-05 10:00:00', ['t', '2024-01-05T10:00:00.000000'], true],
    ['timestamp', '2024-01-05 10:00:00', ['t', '2024-01-05T10:00:00.000001'], false],
    ['string', '007', ['s', '7'], false],
    ['string', '', ['s', ''], true],
    ['string', null, ['s', 'NA'], false],
    ['string', 'NA', null, false],
    ['boolean', 'false', ['s', 'False'], true],
    ['boolean', 'false', ['s', 'NO'], false],
  ])('as %s: %j is %j: %s', (type, ours, cell, same) => {
    expect(isSame(type, ours, cell)).toBe(same);
  });
});
