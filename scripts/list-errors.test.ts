import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectErrors } from './errors/collect-errors.js';

describe('the list of errors', () => {
  let checkout: string;
  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), 'trestle-errors-'));
    mkdirSync(join(checkout, 'packages', 'thing', 'src'), { recursive: true });
    writeFileSync(join(checkout, 'package.json'), '{"workspaces": ["packages/*"]}');
    writeFileSync(join(checkout, 'packages', 'thing', 'package.json'), '{"name": "thing"}');
    write('thing-error.ts', "export const thingError = errorFactory('THING');\n");
  });
  afterEach(() => rmSync(checkout, { recursive: true }));
  const write = (file: string, text: string): void =>
    writeFileSync(join(checkout, 'packages', 'thing', 'src', file), text);
  const listed = () =>
    collectErrors(checkout).map(({ code, meanings, hints }) => [code, [...meanings], [...hints]]);

  it.each([
    [
      'a factory’s, with what its texts say',
      `throw thingError('GONE', { kind: 'x', message: \`No "\${name}".\`, hint: 'Look again.' });`,
      [['TRS_THING_GONE', ['No "…".'], ['Look again.']]],
    ],
    [
      'a choice of names and texts',
      "thingError(a ? 'ONE' : 'TWO', { kind: 'x', message: a ? 'One.' : 'Two.' });",
      [
        ['TRS_THING_ONE', ['One. / Two.'], []],
        ['TRS_THING_TWO', ['One. / Two.'], []],
      ],
    ],
    [
      'one that is made without a factory',
      "new TrestleError('TRS_OTHER_X', { kind: 'x', message: 'X.' });",
      [['TRS_OTHER_X', ['X.'], []]],
    ],
    [
      'the same one twice',
      "thingError('A', { kind: 'x', message: 'Here.' }); thingError('A', { kind: 'x', message: 'There.' });",
      [['TRS_THING_A', ['Here.', 'There.'], []]],
    ],
    ['nothing of a name that is made', "thingError(name, { kind: 'x', message: 'X.' });", []],
  ])('has %s', (_, source, expected) => {
    write('index.ts', source);
    expect(listed()).toEqual(expected);
  });

  it('has none of tests', () => {
    write('index.test.ts', "thingError('GONE', { kind: 'x', message: 'No.' });");
    expect(listed()).toEqual([]);
  });
});
