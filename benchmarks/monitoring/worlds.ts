import { seeded } from '@trestle/statistics';

/** A stream of rows whose features have one distribution, until a change. */
export interface World {
  /** Values of one feature, standard normal or what the world makes of that, before a change. */
  next(): void;
  readonly values: Float64Array;
}

export type WorldName =
  | 'i.i.d.'
  | 'seasonal'
  | 'autocorrelated'
  | 'heavy-tailed'
  | 'seasonal and autocorrelated';

export const normals = (random: () => number): (() => number) => {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
};

/** Rows of a block, and blocks of a day. */
export const ROWS = 50;
export const DAY = 24;

/** A world of its seed; `block()` moves the clock. Half of what a feature is, all features of the row share: they are correlated. */
export function worldOf(name: WorldName, features: number, seed: number) {
  const random = seeded(seed * 7_919 + 13);
  const normal = normals(random);
  const values = new Float64Array(features);
  const levels = new Float64Array(features);
  const phases = Float64Array.from({ length: features }, () => 2 * Math.PI * random());
  let row = 0;
  const isSlow = name === 'autocorrelated' || name === 'seasonal and autocorrelated';
  const isSeasonal = name === 'seasonal' || name === 'seasonal and autocorrelated';
  return {
    values,
    random,
    normal,
    next() {
      const hour = (row / ROWS) % DAY;
      const common = normal();
      for (let k = 0; k < features; k++) {
        let value = 0.5 * common + Math.sqrt(0.75) * normal();
        if (isSlow) {
          // Remembered for a hundred rows: two blocks.
          levels[k] = 0.99 * (levels[k] ?? 0) + Math.sqrt(1 - 0.99 ** 2) * normal();
          value = 0.8 * value + 0.6 * (levels[k] ?? 0);
        }
        if (isSeasonal) value += 0.7 * Math.sin((2 * Math.PI * hour) / DAY + (phases[k] ?? 0));
        // Cauchy: neither mean nor variance.
        if (name === 'heavy-tailed') value = Math.tan(Math.PI * (gaussian(value) - 0.5));
        values[k] = value;
      }
      row += 1;
    },
  };
}

/** Abramowitz and Stegun 26.2.17. */
export function gaussian(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const tail =
    0.3989422804 *
    Math.exp((-x * x) / 2) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x > 0 ? 1 - tail : tail;
}
