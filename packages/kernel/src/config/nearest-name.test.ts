import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, nearestName } from './nearest-name.ts';

describe('nearestName', () => {
  it.each([
    ['servng', 'serving'],
    ['Serving', 'serving'],
    ['serivng', 'serving'],
    ['sevring', 'serving'],
    ['training', undefined],
    ['', undefined],
  ])('takes "%s" for "%s"', (typed, meant) => {
    expect(nearestName(typed, ['serving', 'store', 'data'])).toBe(meant);
  });

  it('does not take short names for each other', () => {
    expect(nearestName('x', ['ui', 'db'])).toBeUndefined();
    expect(nearestName('ci', ['ui', 'db'])).toBe('ui');
  });

  it('prefers the name with the fewest edits', () => {
    expect(nearestName('models', ['mode', 'model', 'modes'])).toBe('model');
  });

  it('finds every name again that lost or gained one letter', () => {
    const name = fc.stringMatching(/^[a-z]{4,12}$/);
    fc.assert(
      fc.property(name, fc.nat(), fc.constantFrom('', 'q', 'qq'), (known, at, put) => {
        const place = at % known.length;
        const typed = known.slice(0, place) + put + known.slice(place + 1);
        expect(nearestName(typed, [known])).toBe(known);
      }),
    );
  });

  it('asks, or says nothing', () => {
    expect(didYouMean('servng', ['serving'])).toBe(' Did you mean "serving"?');
    expect(didYouMean('nothing like it', ['serving'])).toBe('');
  });
});
