import { sigmoid } from '../../tensor/special-functions.ts';
import { choice } from '../attributes.ts';

export const post_transform = choice('NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT');
export type PostTransform = 'NONE' | 'SOFTMAX' | 'LOGISTIC' | 'SOFTMAX_ZERO' | 'PROBIT';

/** What scores of a row become, in place. */
export function transformRow(row: Float64Array, transform: PostTransform): void {
  switch (transform) {
    case 'NONE':
      return;
    case 'LOGISTIC':
      for (let i = 0; i < row.length; i++) row[i] = sigmoid(row[i] ?? 0);
      return;
    case 'PROBIT':
      for (let i = 0; i < row.length; i++) row[i] = Math.SQRT2 * inverseErf(2 * (row[i] ?? 0) - 1);
      return;
    case 'SOFTMAX':
    case 'SOFTMAX_ZERO': {
      const largest = row.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY);
      let sum = 0;
      for (let i = 0; i < row.length; i++) {
        const x = row[i] ?? 0;
        // A score of 0 stays 0 and takes no part.
        const isOut = transform === 'SOFTMAX_ZERO' && Math.abs(x) <= 1e-7;
        row[i] = isOut ? 0 : Math.exp(x - largest);
        sum += row[i] ?? 0;
      }
      if (sum > 0) for (let i = 0; i < row.length; i++) row[i] = (row[i] ?? 0) / sum;
    }
  }
}

/** Serge Winitzki, "A handy approximation for the error function and its inverse", 2008, to about 2e-3: what other runtimes compute. */
function inverseErf(x: number): number {
  const log = Math.log((1 - x) * (1 + x));
  const part = 2 / (Math.PI * 0.147) + 0.5 * log;
  return Math.sign(x) * Math.sqrt(Math.sqrt(part * part - log / 0.147) - part);
}
