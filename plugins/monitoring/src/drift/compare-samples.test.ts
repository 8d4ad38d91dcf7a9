import { DRIFT_LEVELS, edgeBelow, hashedCounts } from '@trestle/model';
import { describe, expect, it } from 'vitest';
import { driftThresholdsSchema } from '../rules/drift-thresholds.ts';
import { seeded } from '../traffic.test.setup.ts';
import { binValues } from './bin-values.ts';
import { compareSamples } from './compare-samples.ts';
import type { DriftReference, FeatureReference } from './reference.ts';

const thresholds = driftThresholdsSchema.parse({});

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

type Row = Record<string, number | string | null>;

/** 6 numeric features (one skewed, one with many zeros, one with gaps) and 6 categorical ones of 2 to 40 values. */
function drawRow(random: () => number): Row {
  const row: Row = {
    speed: 130 + 40 * normal(random),
    height: Math.exp(5 + 1.5 * normal(random)),
    distance: random() < 0.6 ? 0 : 20 * random(),
    engines: 1 + Math.floor(3 * random()),
    weight: random() < 0.3 ? null : 10 * random(),
    temperature: 15 + 10 * normal(random),
  };
  for (const values of [2, 4, 6, 12, 24, 40]) {
    // Squaring makes the first values frequent and the last rare.
    row[`category${values}`] = random() < 0.05 ? null : `v${Math.floor(values * random() ** 2)}`;
  }
  return row;
}

const draw = (random: () => number, rows: number, change: (row: Row) => Row = (row) => row): Row[] =>
  Array.from({ length: rows }, () => change(drawRow(random)));

/** Deciles and the 20 most frequent values, as a training run would keep them. */
function referenceOf(rows: readonly Row[]): DriftReference {
  const names = Object.keys(rows[0] ?? {});
  const features = names.map((name): FeatureReference => {
    const values = rows.map((row) => row[name] ?? null);
    const numbers = values.filter((value) => typeof value === 'number').sort((a, b) => a - b);
    if (numbers.length > 0) {
      const deciles = Array.from(
        { length: 9 },
        (_, k) => numbers[Math.floor(((k + 1) * numbers.length) / 10)] ?? 0,
      );
      const bare: FeatureReference = {
        kind: 'numeric',
        name,
        edges: [...new Set(deciles)],
        counts: [],
        nulls: 0,
      };
      return { ...bare, ...binValues(bare, values) };
    }
    const counts = new Map<string, number>();
    for (const value of values)
      if (value !== null) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
    const sorted = [...counts].sort((a, b) => b[1] - a[1]);
    return {
      kind: 'categorical',
      name,
      top: sorted.slice(0, 20),
      other: sorted.slice(20).reduce((total, [, count]) => total + count, 0),
      nulls: values.filter((value) => value === null).length,
    };
  });
  return { features, score: undefined };
}

const driftedIn = (reference: DriftReference, rows: readonly Row[]): string[] =>
  compareSamples(reference, rows, [], thresholds)
    .filter((feature) => feature.drifted)
    .map((feature) => feature.name);

describe('compareSamples', () => {
  const reference = referenceOf(draw(seeded(1), 6_400));

  it.each([200, 500, 2_000])(
    'raises at most 1 false alarm in 300 windows of %d rows from the same source',
    (size) => {
      const windows = 300;
      let alarms = 0;
      for (let seed = 0; seed < windows; seed++) {
        if (driftedIn(reference, draw(seeded(1_000 + seed), size)).length > 0) alarms += 1;
      }
      expect(alarms).toBeLessThanOrEqual(1);
    },
  );

  it.each<[string, (row: Row) => Row, string]>([
    ['a number scaled by a half more', (row) => ({ ...row, speed: Number(row.speed) * 1.5 }), 'speed'],
    ['a change of units', (row) => ({ ...row, height: Number(row.height) * 0.3048 }), 'height'],
    ['a number stuck at a value', (row) => ({ ...row, temperature: 15 }), 'temperature'],
    [
      'a changed mix of categories',
      (row) => ({ ...row, category6: row.speed && Number(row.speed) > 140 ? 'v5' : (row.category6 ?? null) }),
      'category6',
    ],
    [
      'a category that training never saw',
      (row) => ({ ...row, category4: Number(row.weight ?? 0) > 5 ? 'new' : (row.category4 ?? null) }),
      'category4',
    ],
    [
      'values that go missing',
      (row) => ({ ...row, distance: Number(row.temperature) > 20 ? null : (row.distance ?? null) }),
      'distance',
    ],
    ['a feature that is gone', (row) => ({ ...row, speed: null }), 'speed'],
  ])('sees %s in 500 rows, every time, and only there', (_what, change, name) => {
    for (let seed = 0; seed < 25; seed++) {
      expect(driftedIn(reference, draw(seeded(5_000 + seed), 500, change))).toEqual([name]);
    }
  });

  it('sees a drift of the scores alone', () => {
    const score: FeatureReference = {
      kind: 'numeric',
      name: 'prediction',
      edges: [0.1, 0.2, 0.4],
      counts: [400, 300, 200, 100],
      nulls: 0,
    };
    const random = seeded(3);
    const scores = Array.from({ length: 500 }, () => 0.3 + 0.7 * random());
    const [result] = compareSamples({ features: [], score }, [], scores, thresholds);
    expect(result).toMatchObject({ name: 'prediction', kind: 'score', test: 'psi', drifted: true });
  });

  it('names the deciding test, whose statistic then reaches its threshold', () => {
    const results = compareSamples(
      reference,
      draw(seeded(9), 500, (row) => ({ ...row, weight: null, category12: 'v11' })),
      [],
      thresholds,
    );
    for (const feature of results.filter((each) => each.drifted)) {
      expect(feature.statistic).toBeGreaterThanOrEqual(feature.threshold);
    }
    expect(results.find((feature) => feature.name === 'weight')?.test).toBe('missing-rate');
    expect(results.find((feature) => feature.name === 'category12')?.test).toBe('psi');
  });

  it('gives shares per bin that add up to one', () => {
    const [first] = compareSamples(reference, draw(seeded(4), 200), [], thresholds);
    expect(first?.bins).toHaveLength(10);
    expect(first?.bins.reduce((sum, bin) => sum + bin.current, 0)).toBeCloseTo(1, 12);
    expect(first?.bins.reduce((sum, bin) => sum + bin.reference, 0)).toBeCloseTo(1, 12);
  });

  const manyOf = (random: () => number, rows: number): Row[] =>
    Array.from({ length: rows }, () => ({ id: `m${Math.floor(300 * random())}` }));
  const hashedOf = (rows: readonly Row[]): DriftReference => {
    const found = referenceOf(rows);
    const counts = new Map<string, number>();
    for (const { id } of rows) counts.set(String(id), (counts.get(String(id)) ?? 0) + 1);
    return {
      ...found,
      features: found.features.map((feature) =>
        feature.kind === 'categorical' ? { ...feature, hashed: hashedCounts(counts) } : feature,
      ),
    };
  };

  it.each([
    ['with all counts', hashedOf],
    ['of a package of before, with the most frequent ones', referenceOf],
  ])('finds no drift in 300 values that are as frequent as ever, against a reference %s', (_what, make) => {
    for (let seed = 0; seed < 20; seed++) {
      const many = make(manyOf(seeded(100 + seed), 1_000));
      expect(driftedIn(many, manyOf(seeded(200 + seed), 500))).toEqual([]);
    }
  });

  it('sees values that are all new, none of them frequent', () => {
    const many = hashedOf(manyOf(seeded(1), 1_000));
    const others = manyOf(seeded(2), 500).map(({ id }) => ({ id: `other ${id}` }));
    expect(driftedIn(many, others)).toEqual(['id']);
  });

  it('shows the values that are frequent in both samples together, also one that only the window has', () => {
    const many = hashedOf(manyOf(seeded(1), 1_000));
    const rows = [...manyOf(seeded(2), 400), ...Array.from({ length: 100 }, () => ({ id: 'new' }))];
    const [compared] = compareSamples(many, rows, [], thresholds);
    expect(compared?.bins[0]).toMatchObject({ label: 'new', reference: 0, current: 0.2 });
    expect(compared?.bins).toHaveLength(21);
  });

  it.each<[string, (value: number, row: number) => number]>([
    ['far beyond all that was known', (value, row) => (row % 20 === 0 ? 1e6 : value)],
    ['at the upper end of what was known', (value) => (value > 1.3 ? 2.9 : value)],
    ['below all that was known', (value, row) => (row % 20 === 0 ? -1e6 : value)],
  ])('sees numbers that gather %s, though each tenth has as many as before', (_what, change) => {
    const draws = (seed: number, count: number): number[] => {
      const random = seeded(seed);
      return Array.from({ length: count }, () => normal(random));
    };
    const numbers = draws(1, 5_000).sort((a, b) => a - b);
    const bare: FeatureReference = {
      kind: 'numeric',
      name: 'x',
      edges: [
        edgeBelow(numbers[0] ?? 0),
        ...DRIFT_LEVELS.map((level) => numbers[Math.ceil(level * numbers.length) - 1] ?? 0),
        numbers.at(-1) ?? 0,
      ],
      counts: [],
      nulls: 0,
    };
    const tails: DriftReference = { features: [{ ...bare, ...binValues(bare, numbers) }] };
    for (let seed = 0; seed < 5; seed++) {
      const drawn = draws(50 + seed, 500);
      expect(
        driftedIn(
          tails,
          drawn.map((x) => ({ x })),
        ),
      ).toEqual([]);
      expect(
        driftedIn(
          tails,
          drawn.map((value, row) => ({ x: change(value, row) })),
        ),
      ).toEqual(['x']);
    }
  });
});
