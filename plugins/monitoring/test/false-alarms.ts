import { hashedCounts } from '@trestle/model';
import { seeded } from '@trestle/statistics';
import { compareSamples } from '../src/drift/compare-samples.ts';
import { driftThresholdsSchema } from '../src/rules/drift-thresholds.ts';

/** How a category's values are spread: each as likely, or the second half as often as the first, and so on. */
export type Spread = 'even' | 'steep';

export interface Setting {
  readonly spread: Spread;
  readonly categories: number;
  readonly referenceRows: number;
  readonly windowRows: number;
}

/** Of how many windows the p-value was under each rate; without drift it is to be under it as often as the rate says. */
export interface Rates {
  readonly '0.001': number;
  readonly '0.01': number;
  readonly '0.05': number;
}

const thresholds = driftThresholdsSchema.parse({});

/** The shares of windows that a rate would call drifted, though reference and window come from one distribution. */
export function falseAlarms(setting: Setting, windows: number, seed: number): Rates {
  const random = seeded(seed);
  const drawn = (rows: number): ReadonlyMap<number, number> => {
    const counts = new Map<number, number>();
    for (let row = 0; row < rows; row++) {
      const value = draw(setting, random());
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return counts;
  };
  const below = [0.001, 0.01, 0.05].map((rate) => ({ rate, windows: 0 }));
  for (let window = 0; window < windows; window++) {
    const reference = [...drawn(setting.referenceRows)].map(
      ([value, count]) => [`v${value}`, count] as const,
    );
    const ranked = reference
      .toSorted((a, b) => b[1] - a[1])
      .map(([value, count]): [string, number] => [value, count]);
    const rows = [...drawn(setting.windowRows)].flatMap(([value, count]) =>
      new Array<{ category: string }>(count).fill({ category: `v${value}` }),
    );
    const feature = {
      kind: 'categorical' as const,
      name: 'category',
      top: ranked.slice(0, 20),
      other: ranked.slice(20).reduce((sum, [, count]) => sum + count, 0),
      nulls: 0,
      hashed: hashedCounts(reference),
    };
    const [compared] = compareSamples({ features: [feature] }, rows, [], thresholds);
    // No value is missing on either side, so the second test of two always says 1: what is adjusted is twice what was found.
    const adjusted = compared?.tests.find(({ test }) => test === 'chi-squared')?.pValue ?? 1;
    for (const one of below) if (adjusted / 2 < one.rate) one.windows += 1;
  }
  const [thousandth = 0, hundredth = 0, twentieth = 0] = below.map((one) => one.windows / windows);
  return { '0.001': thousandth, '0.01': hundredth, '0.05': twentieth };
}

const draw = ({ spread, categories }: Setting, chance: number): number =>
  Math.floor(spread === 'even' ? categories * chance : (categories + 1) ** chance - 1);
