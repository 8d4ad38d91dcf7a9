import type { Design, Task } from '@trestle/contracts';
import type { DenseLayer } from '@trestle/model';

/** The layers' outputs [rows, outputs] for a design matrix, in plain loops: what validation after each epoch needs. */
export function applyDense(
  layers: readonly DenseLayer[],
  { matrix, width }: Pick<Design, 'matrix' | 'width'>,
): Float32Array {
  let values = matrix;
  let inputs = width;
  for (const layer of layers) {
    const outputs = layer.bias.length;
    const rows = values.length / inputs;
    const next = new Float32Array(rows * outputs);
    for (let row = 0; row < rows; row++) {
      for (let output = 0; output < outputs; output++) next[row * outputs + output] = layer.bias[output] ?? 0;
      for (let input = 0; input < inputs; input++) {
        const value = values[row * inputs + input] ?? 0;
        if (value === 0) continue;
        for (let output = 0; output < outputs; output++) {
          next[row * outputs + output] =
            (next[row * outputs + output] ?? 0) + value * (layer.weights[input * outputs + output] ?? 0);
        }
      }
      if (layer.activation === 'relu') {
        for (let output = 0; output < outputs; output++)
          next[row * outputs + output] = Math.max(0, next[row * outputs + output] ?? 0);
      }
    }
    values = next;
    inputs = outputs;
  }
  return values;
}

/** The last layer's numbers as probabilities or values. */
export function activate(task: Task, raw: Float32Array, outputs: number): Float32Array {
  if (task === 'regression') return raw;
  if (task === 'binary') return raw.map((score) => 1 / (1 + Math.exp(-score)));
  const probabilities = raw.slice();
  for (let from = 0; from < raw.length; from += outputs) {
    const row = raw.subarray(from, from + outputs);
    const most = Math.max(...row);
    const exponentials = row.map((score) => Math.exp(score - most));
    const sum = exponentials.reduce((a, b) => a + b, 0);
    probabilities.set(
      exponentials.map((value) => value / sum),
      from,
    );
  }
  return probabilities;
}
