import { random } from '@trestle/core';
import { describe, expect, it } from 'vitest';
import { fitLinear } from './fit-linear.ts';
import { isDense } from './linear-objective.ts';

describe('a linear fit of many numbers, whose products are done in float32', () => {
  it('comes to the optimum in few steps, whatever the columns are centred at and scaled to', async () => {
    const [rows, width, outputs] = [2_000, 40, 3];
    const [valueKey, noiseKey] = random.split(random.key(5), 2);
    const drawn = await random.normal(valueKey ?? random.key(0), [rows, width]).data();
    const noise = await random.normal(noiseKey ?? random.key(1), [rows]).data();
    // Columns that are far from 0, tiny, and of zeros and ones.
    const matrix = Float32Array.from(drawn, (value, at) => {
      const column = at % width;
      if (column >= 20) return Number(value > 0);
      return column === 1 ? 50 + value : column === 2 ? value / 1_000 : value;
    });
    const targets = Float64Array.from({ length: rows }, (_, row) => {
      const of = (column: number): number => drawn[row * width + column] ?? 0;
      const score = of(0) + of(1) - of(2) + of(30) + (noise[row] ?? 0);
      return score < -1 ? 0 : score < 1 ? 1 : 2;
    });
    const design = { rows, width, matrix };
    expect(isDense(design, outputs)).toBe(true);
    const { signal } = new AbortController();
    const { layer, steps, stopped } = await fitLinear(design, {
      task: 'multiclass',
      targets,
      outputs,
      penalty: 1,
      signal,
    });
    expect(stopped).not.toBe('steps');
    expect(steps).toBeLessThan(150);
    // The slope of the penalised mean loss, by its definition.
    const slopes = new Float64Array((width + 1) * outputs);
    for (let row = 0; row < rows; row++) {
      const scores = Array.from({ length: outputs }, (_, output) => {
        let score = layer.bias[output] ?? 0;
        for (let column = 0; column < width; column++)
          score += (matrix[row * width + column] ?? 0) * (layer.weights[column * outputs + output] ?? 0);
        return Math.exp(score);
      });
      const total = scores.reduce((a, b) => a + b, 0);
      for (let output = 0; output < outputs; output++) {
        const slope = ((scores[output] ?? 0) / total - Number(targets[row] === output)) / rows;
        for (let column = 0; column <= width; column++)
          slopes[column * outputs + output] =
            (slopes[column * outputs + output] ?? 0) +
            slope * (column === width ? 1 : (matrix[row * width + column] ?? 0));
      }
    }
    for (const [at, weight] of layer.weights.entries()) slopes[at] = (slopes[at] ?? 0) + weight / rows;
    // The weights of the column around 50 are rounded to float32: 50 times their last place.
    for (const [at, slope] of slopes.entries()) expect(Math.abs(slope), `slope ${at}`).toBeLessThan(1e-4);
  });
});
