import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { falseAlarms, type Setting } from './false-alarms.ts';

const ratesSchema = z.object({ '0.001': z.number(), '0.01': z.number(), '0.05': z.number() });
// Made by false-alarms.run.ts.
const kept = z
  .object({
    windows: z.number(),
    rows: z.array(z.object({ categories: z.number(), referenceRows: z.number(), rates: ratesSchema })),
  })
  .parse(JSON.parse(readFileSync(new URL('./false-alarms.json', import.meta.url), 'utf8')));

/** So far may a share of so many windows be from its rate by chance alone, once in some ten thousand times. */
const byChance = (rate: number, windows: number): number => 4 * Math.sqrt((rate * (1 - rate)) / windows);

describe('false alarms of categories', () => {
  it.each<Setting>([
    { spread: 'even', categories: 2, referenceRows: 200, windowRows: 200 },
    { spread: 'even', categories: 300, referenceRows: 1_000, windowRows: 500 },
    { spread: 'steep', categories: 300, referenceRows: 2_000, windowRows: 500 },
    { spread: 'even', categories: 10_000, referenceRows: 200, windowRows: 200 },
    { spread: 'steep', categories: 10_000, referenceRows: 10_000, windowRows: 200 },
  ])('are as many as the rate says: $categories values, $spread, against $referenceRows rows', (setting) => {
    const windows = 200;
    const rates = falseAlarms(setting, windows, 7);
    for (const rate of [0.001, 0.01, 0.05] as const) {
      expect(Math.abs(rates[rate] - rate)).toBeLessThanOrEqual(0.01 + byChance(rate, windows));
    }
  });

  it('were within a hundredth of the rate in a thousand windows of each setting', () => {
    expect(kept.windows).toBeGreaterThanOrEqual(1_000);
    for (const { rates } of kept.rows) {
      for (const rate of [0.001, 0.01, 0.05] as const)
        expect(Math.abs(rates[rate] - rate)).toBeLessThanOrEqual(0.01 + byChance(rate, kept.windows));
    }
    for (const rate of [0.001, 0.01, 0.05] as const) {
      const mean = kept.rows.reduce((sum, one) => sum + one.rates[rate] / kept.rows.length, 0);
      expect(Math.abs(mean - rate)).toBeLessThanOrEqual(0.01);
    }
  });
});
