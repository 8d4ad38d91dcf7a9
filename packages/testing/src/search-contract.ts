import type { PastTrial, PruningRule, SearchParams, SearchSpace, SearchStrategy } from '@trestle/contracts';
import { describe, expect, it } from 'vitest';

const SPACE: SearchSpace = {
  rate: { type: 'float', low: 1e-5, high: 1, scale: 'log' },
  depth: { type: 'int', low: 2, high: 9, scale: 'linear' },
  kind: { type: 'choice', values: ['sgd', 'adam', true, 3] },
  momentum: { type: 'float', low: 0, high: 0.99, scale: 'linear', when: { kind: 'sgd' } },
  beta: { type: 'float', low: 0.5, high: 1, scale: 'linear', when: { kind: ['adam', true] } },
};

/** A linear congruential generator: the same numbers on every machine. */
function randomFrom(seed: number): () => number {
  // Neighbouring seeds would begin with neighbouring numbers.
  let state = Math.imul(seed + 1, 0x9e3779b1) ^ (seed << 7);
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Trials one behind the other, some of which fail, are ended early, or come to nothing finite. */
function search(strategy: SearchStrategy, seed: number, trials = 60): readonly PastTrial[] {
  const past: PastTrial[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const params = strategy.propose({ space: SPACE, past, random: randomFrom(seed * 1_000 + trial) });
    const value = (Math.log10(Number(params.rate)) + 3) ** 2 + Number(params.depth);
    past.push(
      trial % 7 === 3
        ? { params, state: 'failed', values: [] }
        : trial % 5 === 4
          ? { params, state: 'pruned', value, values: [value + 1] }
          : {
              params,
              state: 'complete',
              ...(trial % 11 === 10 ? {} : { value }),
              values: [value + 1, value],
            },
    );
  }
  return past;
}

const isBetween = (value: unknown, low: number, high: number): boolean =>
  typeof value === 'number' && value >= low && value <= high;

function faultsOf(params: SearchParams): readonly string[] {
  const { rate, depth, kind, momentum, beta, ...others } = params;
  return [
    ...(isBetween(rate, 1e-5, 1) ? [] : ['rate']),
    ...(isBetween(depth, 2, 9) && Number.isInteger(depth) ? [] : ['depth']),
    ...(['sgd', 'adam', true, 3].includes(kind ?? '') ? [] : ['kind']),
    ...((kind === 'sgd' ? isBetween(momentum, 0, 0.99) : momentum === undefined) ? [] : ['momentum']),
    ...((kind === 'adam' || kind === true ? isBetween(beta, 0.5, 1) : beta === undefined) ? [] : ['beta']),
    ...Object.keys(others),
  ];
}

/** What every strategy of search must do. Call it inside a vitest file. */
export function searchStrategyContract(strategy: SearchStrategy): void {
  describe(`${strategy.name}: search strategy contract`, () => {
    it('gives what the space has, within its ends, and what is conditional only where its condition holds', () => {
      for (const { params } of search(strategy, 1))
        expect(faultsOf(params), JSON.stringify(params)).toEqual([]);
    });

    it('gives the same for the same past and the same random numbers, and others for others', () => {
      const paramsOf = (seed: number) => search(strategy, seed).map(({ params }) => params);
      expect(paramsOf(2)).toEqual(paramsOf(2));
      expect(paramsOf(2)).not.toEqual(paramsOf(3));
    });

    it('reaches every choice, and both halves of every range', () => {
      const tried = search(strategy, 4, 120).map(({ params }) => params);
      expect(new Set(tried.map(({ kind }) => kind)).size).toBe(4);
      for (const isUpper of [true, false]) {
        expect(tried.some(({ rate }) => Number(rate) > 10 ** -2.5 === isUpper)).toBe(true);
        expect(tried.some(({ depth }) => Number(depth) > 5 === isUpper)).toBe(true);
      }
    });

    it('goes on where every trial has failed', () => {
      const past: PastTrial[] = [];
      for (let trial = 0; trial < 30; trial++) {
        const params = strategy.propose({ space: SPACE, past, random: randomFrom(trial) });
        expect(faultsOf(params)).toEqual([]);
        past.push({ params, state: 'failed', values: [] });
      }
    });
  });
}

/** What every rule that ends trials must do. Call it inside a vitest file. */
export function pruningRuleContract(rule: PruningRule): void {
  const past = Array.from({ length: 30 }, (_, trial): PastTrial => {
    const values = Array.from({ length: 100 }, (_, step) => trial + 10 / (step + 1));
    return { params: { a: trial }, state: 'complete', value: trial, values };
  });
  const endsAt = (level: number, known = past): number | undefined => {
    const values: number[] = [];
    for (let step = 0; step < 100; step++) {
      values.push(level + 10 / (step + 1));
      if (rule.isToEnd({ values, past: known })) return step;
    }
    return undefined;
  };
  describe(`${rule.name}: pruning rule contract`, () => {
    it('lets the best trial come to its end', () => {
      expect(endsAt(-1)).toBeUndefined();
    });

    it('ends no trial where nothing is known', () => {
      expect(endsAt(1e6, [])).toBeUndefined();
    });

    it('ends a worse trial no later than a better one', () => {
      const ends = [5, 15, 40].map((level) => endsAt(level) ?? Number.POSITIVE_INFINITY);
      expect(ends).toEqual(ends.toSorted((a, b) => b - a));
    });

    it('stands NaN, and infinite values', () => {
      const odd = past.map((trial) => ({ ...trial, values: [Number.NaN, Number.POSITIVE_INFINITY] }));
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1])
        expect(typeof rule.isToEnd({ values: [value], past: odd })).toBe('boolean');
    });
  });
}
