import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NAME_PATTERN, parseReference } from './reference.ts';

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$/);

describe('parseReference', () => {
  it.each([
    ['strikes', { name: 'strikes', selector: { kind: 'latest' } }],
    ['strikes@latest', { name: 'strikes', selector: { kind: 'latest' } }],
    ['strikes@3', { name: 'strikes', selector: { kind: 'version', version: 3 } }],
    ['strikes@champion', { name: 'strikes', selector: { kind: 'alias', alias: 'champion' } }],
    ['a.b-c_d@v1.2', { name: 'a.b-c_d', selector: { kind: 'alias', alias: 'v1.2' } }],
    ['7', { name: '7', selector: { kind: 'latest' } }],
  ])('reads "%s"', (text, reference) => {
    expect(parseReference(text)).toEqual(reference);
  });

  it.each([
    '',
    '@',
    '@3',
    'strikes@',
    'strikes@3@4',
    'str ikes',
    '../x',
    'a/b',
    '.hidden',
    '-x',
    'strikes@-1',
    'strikes@../x',
    'strikes@0',
    'strikes@007',
    'strikes@99999999999999999999',
    'x'.repeat(101),
    'größe',
    'a\u0000',
    ' a',
    'a\n',
    "a'; --",
  ])('refuses %j, and says how one is written', (text) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({
        code: 'TRS_REFERENCE_INVALID',
        kind: 'invalid',
        hint: expect.stringContaining('name@3'),
      }),
    );
  });

  it('reads back every version and alias of every name', () => {
    fc.assert(
      fc.property(name, fc.integer({ min: 1 }), name, (name, version, alias) => {
        expect(parseReference(`${name}@${version}`)).toEqual({
          name,
          selector: { kind: 'version', version },
        });
        if (!/^\d+$/.test(alias) && alias !== 'latest')
          expect(parseReference(`${name}@${alias}`)).toEqual({ name, selector: { kind: 'alias', alias } });
      }),
    );
  });

  it('gives a name that is safe in a path, or refuses with a code, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          expect(parseReference(text).name).toMatch(NAME_PATTERN);
        } catch (error) {
          expect(error).toMatchObject({ code: 'TRS_REFERENCE_INVALID' });
        }
      }),
    );
  });
});
