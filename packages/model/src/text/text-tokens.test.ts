import { describe, expect, it } from 'vitest';
import { explodingPattern } from './exploding-pattern.ts';
import { numbersFrom, sampleToken } from './sample-token.ts';
import { textTokens } from './text-tokens.ts';

const EMPTY = {
  ...{ version: '1.0', added_tokens: [], normalizer: null },
  ...{ pre_tokenizer: null, post_processor: null, decoder: null },
};
const tokensOf = (tokenizer: Record<string, unknown>) =>
  textTokens({
    ...{ kind: 'classification', output: 'probability', maxTokens: 9, padding: 0 },
    ...{ tokenizer: { ...EMPTY, ...tokenizer }, tokenizerConfig: {} },
  });

describe('a tokeniser', () => {
  // The likeliest of all ways to cut a text: by hand, sums of logarithms.
  it('of Unigram cuts a text the likeliest way', () => {
    const tokens = tokensOf({
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
      decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
      model: {
        type: 'Unigram',
        unk_id: 0,
        vocab: [
          ['<unk>', 0],
          ['▁', -4],
          ['▁a', -2],
          ['b', -2.5],
          ['c', -2.5],
          ['ab', -2],
          ['▁ab', -5],
          ['bc', -4.5],
          ['abc', -3],
        ],
      },
    });
    // ▁ab c: -7.5; ▁a bc: -6.5; ▁a b c: -7; ▁ abc: -7.
    expect(tokens.encode('abc').ids).toEqual([2, 7]);
    expect(tokens.encode('abc').types).toEqual([0, 0]);
    expect(tokens.decode([2, 7])).toBe('abc');
  });

  it('of BPE joins by rank, not by place', () => {
    const tokens = tokensOf({
      model: {
        type: 'BPE',
        vocab: { a: 0, b: 1, c: 2, bc: 3, ab: 4 },
        merges: ['b c', 'a b'],
        unk_token: null,
        fuse_unk: false,
      },
    });
    expect(tokens.encode('abc').ids).toEqual([0, 3]);
  });
});

describe('a pattern', () => {
  it.each([
    // GPT-2, Llama 3, Qwen 2.
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    '[(a+)+]+',
    '\\(a+\\)+',
    '(ab)+c*',
  ])('that is in use is taken: %s', (Regex) => {
    expect(explodingPattern({ pre_tokenizer: { pattern: { Regex } } })).toBeUndefined();
  });

  it.each(['(a+)+', '(?:a*)*b', '((a+)b?)*', '(x|y+){2,}', '([a-z]+)*$'])(
    'that repeats what repeats is found: %s',
    (Regex) => {
      expect(explodingPattern({ a: [{ pattern: { Regex } }] })).toBe(Regex);
    },
  );
});

describe('a drawn token', () => {
  const logits = [1, 3, 2, 0, -5].map((odds) => odds);
  const counts = (sampling: { temperature: number; topK: number; topP: number }) => {
    const next = numbersFrom(7);
    const found = new Array<number>(logits.length).fill(0);
    for (let at = 0; at < 20_000; at++) {
      const token = sampleToken(logits, sampling, next);
      found[token] = (found[token] ?? 0) + 1 / 20_000;
    }
    return found;
  };
  const softmax = (temperature: number, kept: readonly number[]) => {
    const total = kept.reduce((sum, token) => sum + Math.exp((logits[token] ?? 0) / temperature), 0);
    return logits.map((one, token) => (kept.includes(token) ? Math.exp(one / temperature) / total : 0));
  };

  it.each([
    ['of all', { temperature: 1, topK: 0, topP: 1 }, 1, [0, 1, 2, 3, 4]],
    ['of all, flatter', { temperature: 2, topK: 0, topP: 1 }, 2, [0, 1, 2, 3, 4]],
    ['of the top two', { temperature: 1, topK: 2, topP: 1 }, 1, [1, 2]],
    // Their shares are 0.64, 0.24, 0.09, …: two reach 0.8.
    ['of a nucleus', { temperature: 1, topK: 0, topP: 0.8 }, 1, [1, 2]],
    ['the likeliest', { temperature: 0, topK: 0, topP: 1 }, 0.01, [1]],
  ])('comes as often as its probability says: %s', (_, sampling, temperature, kept) => {
    const expected = softmax(temperature, kept);
    for (const [token, share] of counts(sampling).entries())
      expect(Math.abs(share - (expected[token] ?? 0))).toBeLessThan(0.02);
  });
});
