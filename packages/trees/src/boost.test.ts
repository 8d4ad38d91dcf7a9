import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BoostContext,
  type BoostOptions,
  boost,
  type Examples,
  type Forest,
  importance,
  predict,
  predictRow,
} from './index.ts';

const SMALL: BoostOptions = { objective: 'squaredError', rounds: 8, leaves: 6, minRows: 2 };

/** Few different values beside many, ties and missing ones. */
const value = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.constant(Number.NaN),
);
const examplesOf = (rows: readonly { readonly x: readonly number[]; readonly y: number }[]): Examples => ({
  rows: rows.length,
  width: rows[0]?.x.length ?? 0,
  matrix: Float64Array.from(rows.flatMap(({ x }) => x)),
  targets: rows.map(({ y }) => y),
});
const rowsOf = (least = 1, most = 60) =>
  fc.array(
    fc.record({
      x: fc.tuple(value, value, value),
      y: fc.oneof(fc.integer({ min: 0, max: 1 }), fc.double({ min: -100, max: 100, noNaN: true })),
    }),
    { minLength: least, maxLength: most },
  );
const fit = async (examples: Examples, options: Partial<BoostOptions> = {}, context?: BoostContext) =>
  (await boost(examples, { ...SMALL, ...options }, context)).forest;
const splitsOf = (forest: Forest): number => forest.features.filter((feature) => feature >= 0).length;

/** A smooth table with a seed. */
function waves(rows: number, seed: number): Examples {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const matrix = Float64Array.from({ length: rows * 3 }, next);
  const targets = Float64Array.from(
    { length: rows },
    (_, row) => Math.sin(6 * (matrix[3 * row] ?? 0)) + (matrix[3 * row + 1] ?? 0) + 0.5 * next(),
  );
  return { rows, width: 3, matrix, targets };
}

describe('boosting', () => {
  it('gives the same trees, bit for bit, whatever the order of the rows', async () => {
    const rowsAndOrder = rowsOf().chain((rows) =>
      fc.tuple(
        fc.constant(rows),
        fc.shuffledSubarray([...rows.keys()], { minLength: rows.length, maxLength: rows.length }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(rowsAndOrder, async ([rows, order]) => {
        const shuffled = order.flatMap((at) => rows[at] ?? []);
        expect(await fit(examplesOf(shuffled))).toEqual(await fit(examplesOf(rows)));
      }),
    );
  });

  it('predicts the same when a column is transformed in a way that keeps its order', async () => {
    const stretched = (given: number): number => (given < 0 ? given * 2 : given * given * given + given);
    await fc.assert(
      fc.asyncProperty(rowsOf(), async (rows) => {
        const before = examplesOf(rows);
        const after = { ...before, matrix: before.matrix.map((one) => stretched(one)) };
        expect(predict(await fit(after), after)).toEqual(predict(await fit(before), before));
      }),
    );
  });

  it('sends float32 numbers in float32 the way that they went in training', async () => {
    // Neighbours in float32, between which there is nothing, and numbers that are not of float32.
    const near = fc
      .tuple(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: 0, max: 4 }))
      .map(([start, steps]) => {
        const bits = new Uint32Array(Float32Array.of(start).buffer);
        bits[0] = (bits[0] ?? 0) + steps;
        const [moved = 0] = new Float32Array(bits.buffer);
        return Number.isFinite(moved) ? moved : start;
      });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ x: fc.tuple(near), y: fc.integer({ min: 0, max: 5 }) }), {
          minLength: 2,
          maxLength: 40,
        }),
        async (rows) => {
          const examples = { ...examplesOf(rows), matrix: Float32Array.from(rows.flatMap(({ x }) => x)) };
          const forest = await fit(examples, { rounds: 1, minRows: 1, leaves: 40, learningRate: 1 });
          expect(forest.thresholds).toEqual(forest.thresholds.map(Math.fround));
          // One tree without limits has a leaf for each different value: its mean shows any row that went astray.
          const predictions = predict(forest, examples);
          for (const [row, { x }] of rows.entries()) {
            const same = rows.filter((other) => other.x[0] === x[0]);
            const mean = same.reduce((sum, { y }) => sum + y, 0) / same.length;
            expect(predictions[row]).toBeCloseTo(mean, 4);
          }
        },
      ),
    );
  });

  it('gives each row the same alone as among others', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf(), async (rows) => {
        const examples = examplesOf(rows);
        const forest = await fit(examples);
        const all = predict(forest, examples);
        for (const [row, { x }] of rows.entries()) expect(predictRow(forest, x)[0]).toBe(all[row]);
      }),
    );
  });

  it('of a constant target predicts it, without a split', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf(), fc.double({ min: -1e9, max: 1e9, noNaN: true }), async (rows, target) => {
        const examples = { ...examplesOf(rows), targets: rows.map(() => target) };
        const { forest, stopped } = await boost(examples, SMALL);
        expect([splitsOf(forest), stopped]).toEqual([0, 'nothing left']);
        for (const predicted of predict(forest, examples))
          expect(Math.abs(predicted - target)).toBeLessThanOrEqual(1e-12 * Math.abs(target));
      }),
    );
  });

  it('is not moved by columns that are constant or always missing, whose place no other loses', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf(), fc.constantFrom(0, 7.5, Number.NaN), async (rows, constant) => {
        const wider = examplesOf(rows.map(({ x, y }) => ({ x: [constant, ...x], y })));
        for (const columnShare of [1, 0.5]) {
          const forest = await fit(wider, { columnShare });
          const narrow = await fit(examplesOf(rows), { columnShare });
          expect(importance(forest, 'splits')[0]).toBe(0);
          expect(predict(forest, wider)).toEqual(predict(narrow, examplesOf(rows)));
        }
      }),
    );
  });

  it('of rows given twice learns what it learns of weight 2', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1e6 }), async (seed) => {
        const once = waves(80, seed);
        const twice = {
          ...once,
          rows: 160,
          matrix: Float64Array.of(...once.matrix, ...once.matrix),
          targets: [...Array.from(once.targets), ...Array.from(once.targets)],
        };
        // Counts of rows differ, so nothing may hang on them.
        const options = { minRows: 1, minWeight: 4 };
        const heavy = await fit({ ...once, weights: new Array(80).fill(2) }, options);
        const predictions = predict(heavy, once);
        for (const [row, predicted] of predict(await fit(twice, options), once).entries())
          expect(predicted).toBeCloseTo(predictions[row] ?? Number.NaN, 9);
      }),
      { numRuns: 30 },
    );
  });

  it('takes rows of weight 0 for none', async () => {
    const examples = waves(200, 1);
    const broken = { ...examples, targets: Float64Array.from(examples.targets) };
    for (let row = 150; row < 200; row++) broken.targets[row] = 1e3;
    const weights = Float64Array.from({ length: 200 }, (_, row) => Number(row < 150));
    const predictions = predict(await fit({ ...broken, weights }, { minWeight: 2 }), examples);
    expect(Math.max(...predictions.subarray(0, 150))).toBeLessThan(3);
  });

  it('learns which way missing values go, and sends what was never missing with the most rows', async () => {
    const rows = Array.from({ length: 40 }, (_, row) => ({
      x: [row < 20 ? Number.NaN : row, row],
      y: row < 20 ? 10 : 0,
    }));
    const forest = await fit(examplesOf(rows), { rounds: 1, learningRate: 1, leaves: 2 });
    expect([...predict(forest, examplesOf(rows))]).toEqual(rows.map(({ y }) => y));
    const uneven = Array.from({ length: 40 }, (_, row) => ({ x: [row], y: Number(row > 9) }));
    const [never = 0] = predictRow(await fit(examplesOf(uneven), { rounds: 1, learningRate: 1, leaves: 2 }), [
      Number.NaN,
    ]);
    expect(never).toBe(1);
  });

  it('splits categories into sets, whatever their order, and knows what to do with others', async () => {
    const rows = Array.from({ length: 400 }, (_, row) => ({
      x: [row % 8],
      y: [1, 4, 6].includes(row % 8) ? 5 : 0,
    }));
    const examples = { ...examplesOf(rows), categories: [9] };
    const forest = await fit(examples, { rounds: 1, learningRate: 1, leaves: 2 });
    expect(splitsOf(forest)).toBe(1);
    expect([...predict(forest, examples)].slice(0, 8)).toEqual([0, 5, 0, 0, 5, 0, 5, 0]);
    // Five of eight categories are of the other kind: there go missing ones, those without rows, and what is no category.
    for (const other of [Number.NaN, 8, 9, -1, 1.5, 1e9]) expect(predictRow(forest, [other])[0]).toBe(0);
  });

  it('never makes the fit to its own rows worse', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf(), async (rows) => {
        const examples = examplesOf(rows);
        const error = (forest: Forest): number =>
          predict(forest, examples).reduce((sum, one, row) => sum + (one - (rows[row]?.y ?? 0)) ** 2, 0);
        const [few, more] = [await fit(examples, { rounds: 1 }), await fit(examples, { rounds: 8 })];
        expect(error(more)).toBeLessThanOrEqual(error(few) * (1 + 1e-9) + 1e-18);
      }),
    );
  });

  it('has leaves with as many rows as asked for, and no more leaves and levels than allowed', async () => {
    const forest = await fit(waves(500, 2), { minRows: 25, leaves: 9, depth: 3, rounds: 5 });
    const levels = (node: number): number =>
      (forest.features[node] ?? -1) < 0
        ? 0
        : 1 + Math.max(levels(forest.left[node] ?? 0), levels(forest.right[node] ?? 0));
    for (const root of forest.roots) expect(levels(root)).toBeLessThanOrEqual(3);
    expect(Math.min(...forest.rows)).toBeGreaterThanOrEqual(25);
    expect(forest.rows[forest.roots[1] ?? 0]).toBe(500);
  });

  it('draws rows and columns by its seed', async () => {
    const options = { rowShare: 0.5, columnShare: 0.6, minRows: 5 };
    const of = (seed: number) => fit(waves(300, 3), { ...options, seed });
    expect(await of(1)).toEqual(await of(1));
    expect(await of(2)).not.toEqual(await of(1));
    const forest = await of(1);
    expect(forest.rows[0]).toBe(150);
    // Rows that were not drawn have got their scores all the same: the trees are of use to all of them.
    const { targets } = waves(300, 3);
    const error = predict(forest, waves(300, 3)).reduce(
      (sum, one, row) => sum + (one - (targets[row] ?? 0)) ** 2,
      0,
    );
    const without = predict(
      await fit(waves(300, 3), { ...options, rounds: 1, learningRate: 1e-9 }),
      waves(300, 3),
    );
    expect(error).toBeLessThan(
      0.6 * without.reduce((sum, one, row) => sum + (one - (targets[row] ?? 0)) ** 2, 0),
    );
  });

  it('stops when validation gets no better, with the trees up to the best round', async () => {
    const validation = waves(200, 5);
    const rounds: number[] = [];
    const {
      forest,
      rounds: kept,
      scores,
      stopped,
    } = await boost(
      waves(200, 4),
      { ...SMALL, rounds: 500, leaves: 31, patience: 7 },
      { validation, onRound: ({ round }) => rounds.push(round) },
    );
    expect(stopped).toBe('patience');
    expect(rounds).toHaveLength(kept + 7);
    expect(scores.indexOf(Math.max(...scores))).toBe(kept - 1);
    expect(forest.roots).toHaveLength(kept);
    const { targets } = validation;
    const loss = predict(forest, validation).reduce(
      (sum, one, row) => sum + 0.5 * (one - (targets[row] ?? 0)) ** 2,
      0,
    );
    expect(-loss / 200).toBeCloseTo(scores[kept - 1] ?? Number.NaN, 12);
  });

  it('of several classes gives probabilities, also of one that has no rows', async () => {
    const examples = waves(300, 6);
    const targets = Array.from(examples.targets, (target) => (target < 0 ? 0 : target < 1 ? 1 : 3));
    const forest = await fit({ ...examples, targets }, { objective: 'softmax', classes: 4, rounds: 20 });
    expect(forest.roots).toHaveLength(80);
    const predictions = predict(forest, examples);
    let right = 0;
    for (const [row, target] of targets.entries()) {
      const own = predictions.subarray(4 * row, 4 * row + 4);
      expect(own.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 12);
      expect(own[2]).toBeLessThan(1e-12);
      right += Number(own.indexOf(Math.max(...own)) === target);
    }
    expect(right).toBeGreaterThan(240);
  });

  it('gives the same trees where there is no memory for histograms to subtract from', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf(), async (rows) => {
        const examples = examplesOf(rows);
        expect(await fit(examples, { histogramBytes: 0 })).toEqual(await fit(examples));
      }),
    );
  });
});

describe('boosting ends', () => {
  it('at once when its signal has aborted, and within its work', async () => {
    const reason = new Error('told to stop');
    const aborted = fit(waves(50, 7), {}, { signal: AbortSignal.abort(reason) });
    await expect(aborted).rejects.toBe(reason);
    const controller = new AbortController();
    const working = fit(
      waves(2_000, 8),
      { rounds: 100_000 },
      {
        signal: controller.signal,
        onRound: ({ round }) => round === 3 && controller.abort(reason),
      },
    );
    await expect(working).rejects.toBe(reason);
  });
});

describe('what boosting refuses, by name', () => {
  const examples = waves(10, 9);
  const withValue = (at: number, value: number): Examples => {
    const matrix = Float64Array.from(examples.matrix);
    matrix[at] = value;
    return { ...examples, matrix, names: ['speed', 'height', 'size'] };
  };
  const refused: readonly (readonly [
    what: string,
    Examples,
    Partial<BoostOptions>,
    code: string,
    word: string,
  ])[] = [
    [
      'an infinite value',
      withValue(4, Number.POSITIVE_INFINITY),
      {},
      'INFINITE',
      'Row 1 of "height" is Infinity',
    ],
    ['a negative infinite value', withValue(29, Number.NEGATIVE_INFINITY), {}, 'INFINITE', 'Row 9 of "size"'],
    ['no row', { ...examples, rows: 0 }, {}, 'SHAPE', '0 rows'],
    ['a matrix of another size', { ...examples, width: 4 }, {}, 'SHAPE', '"matrix" has 30'],
    ['too few targets', { ...examples, targets: [1, 2] }, {}, 'SHAPE', '2 targets for 10 rows'],
    [
      'a missing target',
      { ...examples, targets: new Array(10).fill(Number.NaN) },
      {},
      'TARGET',
      'row 0 is NaN',
    ],
    [
      'a third class',
      { ...examples, targets: new Array(10).fill(2) },
      { objective: 'logistic' },
      'TARGET',
      '0 and 1',
    ],
    [
      'a class that is none',
      { ...examples, targets: new Array(10).fill(3) },
      { objective: 'softmax', classes: 3 },
      'TARGET',
      '0 to 2',
    ],
    ['a negative weight', { ...examples, weights: new Array(10).fill(-1) }, {}, 'TARGET', 'weight of row 0'],
    ['weights of nothing', { ...examples, weights: new Array(10).fill(0) }, {}, 'TARGET', 'add up to 0'],
    ['a category that is none', { ...withValue(3, 2), categories: [2, 0, 0] }, {}, 'CATEGORIES', '"speed"'],
    ['too many categories', { ...examples, categories: [0, 255, 0] }, {}, 'CATEGORIES', '255'],
    ['an option out of range', examples, { leaves: 1 }, 'OPTION', '"leaves" is 1'],
    ['an option that is no number', examples, { learningRate: Number.NaN }, 'OPTION', '"learningRate"'],
    ['a share of nothing', examples, { rowShare: 0 }, 'OPTION', '"rowShare"'],
    ['more bins than a byte has', examples, { bins: 256 }, 'OPTION', '"bins"'],
    ['softmax of nobody knows how many', examples, { objective: 'softmax' }, 'OPTION', '"classes"'],
    [
      'targets beyond what squares can be',
      { ...examples, targets: new Array(10).fill(0).map((_, row) => row * 1e307) },
      {},
      'DIVERGED',
      'round 1',
    ],
  ];
  for (const [what, given, options, code, word] of refused) {
    it(what, async () => {
      await expect(fit(given, options)).rejects.toMatchObject({
        code: `TRS_TREES_${code}`,
        message: expect.stringContaining(word),
        hint: expect.any(String),
      });
    });
  }

  it('rows of another width than it was learnt of', async () => {
    const forest = await fit(examples);
    expect(() => predict(forest, { rows: 1, width: 2, matrix: Float64Array.of(1, 2) })).toThrow(
      expect.objectContaining({ code: 'TRS_TREES_SHAPE' }),
    );
  });
});
