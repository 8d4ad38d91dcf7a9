import { random } from '@trestle/core';
import type { Table } from '@trestle/features';
import { describe, expect, it } from 'vitest';
import { worstSlices } from './slices.ts';

const ROWS = 2_000;

async function rowsOf(seed: number): Promise<{ readonly table: Table; readonly noise: Float64Array }> {
  const [a, b, c] = random.split(random.key(seed), 3);
  const draw = async (key: random.Key | undefined) =>
    Float64Array.from(await random.uniform(key ?? random.key(seed), [ROWS]).data());
  const [place, age, noise] = [await draw(a), await draw(b), await draw(c)];
  return {
    table: {
      rows: ROWS,
      columns: {
        district: { type: 'string', values: Array.from(place, (share) => `d${Math.floor(share * 8)}`) },
        age: { type: 'number', values: age.map((share) => (share < 0.1 ? Number.NaN : share * 80)) },
        lift: { type: 'boolean', values: noise.map((share) => Number(share > 0.5)) },
      },
    },
    noise: await draw(random.key(seed + 1_000)),
  };
}

describe('the slices in which a model is worst', () => {
  it('are the category, the quarter of a number and the missing values that cost most, the worst first', async () => {
    const { table, noise } = await rowsOf(1);
    const { district, age } = table.columns;
    const losses = noise.map(
      (loss, row) =>
        loss + (district?.values[row] === 'd3' ? 2 : 0) + (Number.isNaN(Number(age?.values[row])) ? 1 : 0),
    );
    const [first, second] = worstSlices(table, losses);
    expect(first).toMatchObject({ column: 'district', where: '= d3' });
    expect(first?.loss).toBeCloseTo(2.6, 1);
    expect(second).toMatchObject({ column: 'age', where: 'missing' });
  });

  it('are as seldom found where losses are great and differ little', async () => {
    let found = 0;
    for (let seed = 0; seed < 20; seed++) {
      const { table, noise } = await rowsOf(seed);
      found += worstSlices(
        table,
        noise.map((loss) => 1e9 + loss),
      ).length;
    }
    expect(found).toBeLessThanOrEqual(1);
  });

  it('are seldom found where losses do not depend on anything', async () => {
    let found = 0;
    for (let seed = 0; seed < 20; seed++) {
      const { table, noise } = await rowsOf(seed);
      found += worstSlices(table, noise).length;
    }
    expect(found).toBeLessThanOrEqual(1);
  });
});
