import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** The same value with the members of every object in another order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  );
}

describe('canonical JSON', () => {
  it('holds what JSON holds', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('spells a value in one way, whatever the order of its members', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
        expect(canonicalJson(JSON.parse(canonicalJson(value)))).toBe(canonicalJson(value));
      }),
    );
  });

  it('spells different values differently', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const areEqual = isDeepStrictEqual(asJson(a), asJson(b));
        expect(canonicalJson(a) === canonicalJson(b)).toBe(areEqual);
      }),
    );
  });

  it('follows the examples of RFC 8785, sections 3.2.2 and 3.2.3', () => {
    // Written as in the RFC's text: numbers, escapes, then names sorted by UTF-16 code units.
    expect(
      canonicalJson({
        numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
        string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
        literals: [null, true, false],
      }),
    ).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    const names = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 };
    expect(
      Object.values(
        JSON.parse(
          `[${canonicalJson(names)
            .match(/:(\d)/g)
            ?.map((m) => m[1])}]`,
        ),
      ),
    ).toEqual([2, 4, 6, 7, 1, 5, 3]);
  });

  it('leaves out what JSON has no word for, as JSON.stringify does', () => {
    const value = { a: undefined, b: Number.NaN, c: [undefined, () => 1], d: () => 1, e: new Date(0), f: -0 };
    expect(canonicalJson(value)).toBe('{"b":null,"c":[null,null],"e":"1970-01-01T00:00:00.000Z","f":0}');
    expect(() => canonicalJson({ big: 1n })).toThrow(expect.objectContaining({ code: 'TRS_STORE_NOT_JSON' }));
  });
});
