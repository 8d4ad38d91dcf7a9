import type { DenseLayer } from '@trestle/model';

/** One net that gives the mean of several: their hidden units side by side, their outputs averaged by the last layer. */
export function averageNets(nets: readonly (readonly DenseLayer[])[]): readonly DenseLayer[] {
  const [first = []] = nets;
  if (nets.length === 1) return first;
  return first.map((layer, depth) => {
    const layers = nets.map((net) => net[depth] ?? layer);
    if (depth === 0) return sideBySide(layers);
    return depth === first.length - 1 ? averaged(layers) : blockDiagonal(layers);
  });
}

const joined = (parts: readonly Float32Array[]): Float32Array =>
  Float32Array.from(parts.flatMap((part) => [...part]));

/** All read the same inputs: [inputs, members x outputs]. */
function sideBySide(layers: readonly DenseLayer[]): DenseLayer {
  const [{ bias, weights, activation } = missing()] = layers;
  const inputs = weights.length / bias.length;
  const rows = Array.from({ length: inputs }, (_, row) =>
    joined(layers.map((layer) => layer.weights.subarray(row * bias.length, (row + 1) * bias.length))),
  );
  return { weights: joined(rows), bias: joined(layers.map((layer) => layer.bias)), activation };
}

/** Each reads its own units: zeros elsewhere. */
function blockDiagonal(layers: readonly DenseLayer[]): DenseLayer {
  const [{ bias, weights, activation } = missing()] = layers;
  const [inputs, outputs, members] = [weights.length / bias.length, bias.length, layers.length];
  const all = new Float32Array(inputs * members * outputs * members);
  for (const [member, layer] of layers.entries()) {
    for (let row = 0; row < inputs; row++) {
      const at = (member * inputs + row) * outputs * members + member * outputs;
      all.set(layer.weights.subarray(row * outputs, (row + 1) * outputs), at);
    }
  }
  return { weights: all, bias: joined(layers.map((layer) => layer.bias)), activation };
}

/** The mean of what each makes of its own units. */
function averaged(layers: readonly DenseLayer[]): DenseLayer {
  const [{ bias, activation } = missing()] = layers;
  const share = 1 / layers.length;
  return {
    weights: joined(layers.map((layer) => layer.weights)).map((weight) => weight * share),
    bias: bias.map((_, output) => layers.reduce((sum, layer) => sum + (layer.bias[output] ?? 0) * share, 0)),
    activation,
  };
}

function missing(): never {
  throw new RangeError('There are no nets to average.');
}
