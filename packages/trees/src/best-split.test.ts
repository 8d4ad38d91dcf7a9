import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitFinder } from './best-split.ts';
import { binTable, tableBytes, tableIn } from './bins.ts';
import { breathe } from './breath.ts';
import { UNBOUND } from './constraints.ts';
import { histogramBytes, histogramsFor } from './histograms.ts';
import { slopesBytes, slopesFor } from './slopes.ts';
import { openArena, rounded } from './wasm/arena.ts';
import { growing } from './wasm/kernels.ts';

const breath = breathe(undefined);
const value = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant(Number.NaN));
const rowsOf = fc.array(
  fc.record({
    x: fc.array(value, { minLength: 19, maxLength: 19 }),
    slope: fc.double({ min: -1e3, max: 1e3, noNaN: true }),
    curvature: fc.double({ min: 0, max: 1e3, noNaN: true }),
  }),
  { minLength: 2, maxLength: 50 },
);
const limitsOf = fc.record({
  minRows: fc.integer({ min: 1, max: 3 }),
  minWeight: fc.constantFrom(0, 1e-3, 5),
  minGain: fc.constantFrom(0, 10),
  l1: fc.constantFrom(0, 20),
  l2: fc.constantFrom(0, 1),
});

describe('the kernels of boosting', () => {
  it('find the split that plain loops over sums of plain numbers find, of any rows', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf, limitsOf, fc.infiniteStream(fc.boolean()), async (rows, limits, stream) => {
        const width = 19;
        const table = { rows: rows.length, width, matrix: Float64Array.from(rows.flatMap(({ x }) => x)) };
        const binned = await binTable(table, 255, 0, breath);
        const bytes = tableBytes(binned) + slopesBytes(rows.length) + histogramBytes(binned, 2, 2 ** 30);
        const arena = openArena(growing, bytes + rounded(4 * rows.length));
        const inArena = tableIn(arena, binned);
        const slopes = slopesFor(rows.length, arena);
        const histograms = histogramsFor(inArena, slopes, 2, 2 ** 30, arena);
        const all = arena.ints(rows.length);
        for (const [row, { slope, curvature }] of rows.entries())
          slopes.pairs.set([slope, curvature], 2 * row);
        slopes.quantise(1);
        let count = 0;
        for (const row of rows.keys()) if (stream.next().value || row < 2) all[count++] = row;
        const part = all.subarray(0, count);
        const columns = Int32Array.from({ length: width }, (_, column) => column);
        await histograms.build(0, columns, part, breath);
        for (let column = 0; column < width; column++) {
          const found = histograms.widened(0, column);
          const bins = inArena.counts[column] ?? 0;
          for (let bin = 0; bin <= bins; bin++) {
            const own = [...part].filter((row) => binned.bins[column]?.[row] === bin);
            const sum = (of: 'slope' | 'curvature') =>
              own.reduce((all, row) => all + (rows[row]?.[of] ?? 0), 0);
            expect(found[3 * bin + 2]).toBe(own.length);
            expect(Math.abs((found[3 * bin] ?? 0) - sum('slope'))).toBeLessThan(1e-6);
            expect(Math.abs((found[3 * bin + 1] ?? 0) - sum('curvature'))).toBeLessThan(1e-6);
          }
        }
        const sums = slopes.sumOf(part);
        const kernel = splitFinder(inArena, histograms, slopes, { ...limits, monotone: undefined }, arena);
        const byKernel = kernel(0, columns, sums, UNBOUND);
        const plain = splitFinder(
          inArena,
          histograms,
          slopes,
          { ...limits, monotone: new Int8Array(width) },
          arena,
        );
        const byLoops = plain(0, columns, sums, UNBOUND);
        // What is tried first of equal ones differs.
        expect(byKernel?.gain ?? 0).toBeCloseTo(byLoops?.gain ?? 0, 9);
        if (!byKernel) return;
        expect(byKernel.left.rows + byKernel.right.rows).toBe(count);
        const goesLeft = [...part].filter((row) => {
          const bin = binned.bins[byKernel.column]?.[row] ?? 0;
          return bin === binned.counts[byKernel.column] ? byKernel.missingLeft : bin <= byKernel.bin;
        });
        expect(byKernel.left.rows).toBe(goesLeft.length);
      }),
      { numRuns: 150 },
    );
  });

  it('know powers of e to two units in the last place, the same ones twice', () => {
    const arena = openArena(growing, 4_096);
    const values = arena.doubles(256);
    const kernel = arena.kernel('exponentials');
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -700, max: 700, noNaN: true }), { minLength: 256, maxLength: 256 }),
        (given) => {
          values.set(given);
          kernel(values.byteOffset, values.byteOffset + values.byteLength);
          for (const [at, x] of given.entries()) {
            const exact = Math.exp(x);
            expect(Math.abs((values[at] ?? 0) - exact) / exact).toBeLessThanOrEqual(2 * Number.EPSILON);
          }
        },
      ),
    );
  });

  it('keep powers of e finite and above 0 at both ends, and do not hide what is no number', () => {
    const arena = openArena(growing, 4_096);
    const values = arena.doubles(4);
    values.set([Number.NEGATIVE_INFINITY, -1e9, 1e9, Number.NaN]);
    arena.kernel('exponentials')(values.byteOffset, values.byteOffset + values.byteLength);
    expect([...values].map((one) => one > 0 && Number.isFinite(one))).toEqual([true, true, true, false]);
    expect(values[3]).toBeNaN();
  });

  it('refuse a table that takes more memory than they address, before anything is done', () => {
    expect(() => openArena(growing, 2 ** 31)).toThrow(expect.objectContaining({ code: 'TRS_TREES_SHAPE' }));
  });
});
