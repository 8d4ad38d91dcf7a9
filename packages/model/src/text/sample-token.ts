export interface Sampling {
  /** 0 takes the most likely token. */
  readonly temperature: number;
  /** Only so many of the most likely; 0 for all. */
  readonly topK: number;
  /** Only the most likely whose probabilities together reach it; 1 for all. */
  readonly topP: number;
}

/**
 * Chooses a token: temperature, then the top k, then the nucleus (Holtzman et al. 2020, arXiv 1904.09751), as transformers has them.
 *
 * @param logits of each token
 * @param next gives a number from 0 up to 1
 */
export function sampleToken(
  logits: ArrayLike<number>,
  { temperature, topK, topP }: Sampling,
  next: () => number,
): number {
  const best = greatest(logits);
  if (temperature === 0 || topK === 1) return best;
  const most = logits[best] ?? 0;
  const order = Array.from({ length: logits.length }, (_, token) => token).sort(
    (a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b,
  );
  const kept = topK > 0 ? order.slice(0, topK) : order;
  const weights = kept.map((token) => Math.exp(((logits[token] ?? 0) - most) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let reached = 0;
  let count = 0;
  while (count < weights.length && (count === 0 || reached < topP * total)) reached += weights[count++] ?? 0;
  let drawn = next() * reached;
  for (let at = 0; at < count; at++) {
    drawn -= weights[at] ?? 0;
    if (drawn < 0) return kept[at] ?? best;
  }
  return kept[count - 1] ?? best;
}

function greatest(logits: ArrayLike<number>): number {
  let best = 0;
  for (let token = 1; token < logits.length; token++)
    if ((logits[token] ?? 0) > (logits[best] ?? 0)) best = token;
  return best;
}

/** Numbers from 0 up to 1 that are the same for the same seed (mulberry32 by Tommy Ettinger, public domain). */
export function numbersFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
