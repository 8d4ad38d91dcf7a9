import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowLine, rowOf } from './row-line.ts';

const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.maxSafeInteger(),
  fc.constantFrom(null, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  fc.uint8Array(),
);

describe('the line of a row', () => {
  it('gives back the row it was made of', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), value), (row) => {
        const line = rowLine(row);
        expect(line).not.toContain('\n');
        expect(rowOf(line)).toEqual({ ...row });
      }),
    );
  });

  it('is the same whatever the order of the columns', () => {
    expect(rowLine({ b: 1, a: 'x' })).toBe(rowLine({ a: 'x', b: 1 }));
  });

  it.each(['1', 'null', '{"a": {}}', '{"a": [1]}', '{'])('refuses %s', (line) => {
    expect(() => rowOf(line)).toThrow(SyntaxError);
  });
});
