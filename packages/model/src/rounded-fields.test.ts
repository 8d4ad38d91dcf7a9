import { describe, expect, it } from 'vitest';
import type { DriftReference, Feature } from './metadata.ts';
import { roundedFields } from './rounded-fields.ts';

const feature = (name: string, type: Feature['type'] = 'number'): Feature => ({ name, type, nullable: true });
const features = [feature('id'), feature('far'), feature('when', 'timestamp'), feature('word', 'category')];
const inputs = [
  { name: 'id', type: 'float32' as const, dims: ['batch', 1] },
  { name: 'far', type: 'float64' as const, dims: ['batch', 1] },
  { name: 'when', type: 'float64' as const, dims: ['batch', 1] },
  { name: 'word', type: 'string' as const, dims: ['batch', 1] },
];
const learnt = (least: number, greatest: number): DriftReference => ({
  features: [{ kind: 'numeric', name: 'id', edges: [least, greatest], counts: [0, 9, 0], nulls: 0 }],
});

describe('numbers that a model reads as others', () => {
  it.each<[string, object, DriftReference | undefined, readonly string[]]>([
    ['what float32 holds', { id: 2 ** 24, far: 1e15 }, undefined, []],
    ['fractions, which float32 rounds by less than anybody sees', { id: 0.1 }, undefined, []],
    ['a whole number that float32 has not', { id: 2 ** 24 + 1 }, undefined, ['id']],
    ['the same in float64', { far: 2 ** 24 + 1 }, undefined, []],
    ['whole numbers beyond 2^53, in either', { id: 2 ** 53, far: -(2 ** 53) }, undefined, ['id', 'far']],
    ['a column that training saw as wide as that', { id: 2 ** 24 + 1 }, learnt(0, 2e9), []],
    ['one that lies far beyond what training saw', { id: 2 ** 24 + 1 }, learnt(0, 10), ['id']],
    ['a fraction far beyond it', { id: 98_765.4321 }, learnt(0, 10), ['id']],
    ['a fraction where training saw one number alone', { id: 0.1 }, learnt(5 - 1e-15, 5), []],
    [
      'what is missing, and what is no number',
      { id: null, far: 'x', word: '9007199254740993' },
      undefined,
      [],
    ],
    ['times', { when: 8.64e15 }, undefined, []],
  ])('%s', (_, row, reference, expected) => {
    expect(roundedFields(features, inputs, reference)({ ...row })).toEqual(expected);
  });
});
