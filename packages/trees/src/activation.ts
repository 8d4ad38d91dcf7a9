/** What turns scores into predictions: nothing, the logistic function of each, softmax of a row's, or the exponential of each. */
export type Activation = 'identity' | 'logistic' | 'softmax' | 'exponential';

/** Turns scores [rows, outputs] into values or probabilities. */
export function activate(activation: Activation, scores: Float64Array, outputs: number): void {
  if (activation === 'logistic')
    for (let at = 0; at < scores.length; at++) scores[at] = 1 / (1 + Math.exp(-(scores[at] ?? 0)));
  if (activation === 'exponential')
    for (let at = 0; at < scores.length; at++) scores[at] = Math.exp(scores[at] ?? 0);
  if (activation === 'softmax') softmax(scores, outputs);
}

function softmax(scores: Float64Array, outputs: number): void {
  for (let from = 0; from < scores.length; from += outputs) {
    let [most, sum] = [Number.NEGATIVE_INFINITY, 0];
    for (let at = from; at < from + outputs; at++) most = Math.max(most, scores[at] ?? 0);
    for (let at = from; at < from + outputs; at++) {
      const power = Math.exp((scores[at] ?? 0) - most);
      scores[at] = power;
      sum += power;
    }
    for (let at = from; at < from + outputs; at++) scores[at] = (scores[at] ?? 0) / sum;
  }
}
