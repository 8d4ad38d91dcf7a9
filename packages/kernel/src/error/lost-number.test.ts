import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lostNumber } from './lost-number.ts';

describe('a number of a JSON text that JavaScript has not', () => {
  it.each<readonly [string, string | undefined]>([
    ['9007199254740993', '9007199254740993'],
    ['{"a":[1,{"b":-12345678901234567890}]}', '-12345678901234567890'],
    ['[1e400,2e400]', '1e400'],
    ['9007199254740992', undefined],
    ['{"id":"9007199254740993"}', undefined],
    ['[1e300,0.1234567890123456789,1E-400]', undefined],
    ['{"a":9007199254740993', undefined],
    ['12', undefined],
  ])('%s: %s', (text, expected) => {
    expect(lostNumber(text)).toBe(expected);
  });

  it('is each whole number that a double rounds', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), (whole) => {
        expect(lostNumber(`[${whole}]`)).toBe(BigInt(Number(whole)) === whole ? undefined : String(whole));
      }),
    );
  });
});
