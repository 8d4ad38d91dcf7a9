import { builtInKinds, place, values } from '@trestle/features';
import { describe, expect, it } from 'vitest';
import { featureKindContract } from './feature-kind-contract.ts';

const from = {
  table: {
    rows: 8,
    columns: {
      speed: { type: 'number' as const, values: Float64Array.of(1, 2, 3, 4, 5, 6, 7, Number.NaN) },
      at: {
        type: 'timestamp' as const,
        values: Float64Array.from({ length: 8 }, (_, day) => 1e12 + day * 9e7),
      },
      size: { type: 'string' as const, values: ['s', 's', 's', 'l', 'l', 's', 'x', ''] },
      site: { type: 'string' as const, values: ['JFK', 'LAX', 'JFK', 'JFK', 'LAX', 'JFK', '東京', 'JFK'] },
      note: {
        type: 'string' as const,
        values: ['a gull', 'A gull hit', 'hit', 'a crow', 'gull', '', 'rare', 'crow  hit'],
      },
    },
  },
  targets: Float64Array.of(1, 0, 1, 1, 1, 0, 0, 0),
  classes: ['no', 'yes'],
};
const columns = {
  speed: [2.5, Number.NaN, -1e6, 7],
  at: [1e12, Number.NaN, 0, 1.7e12],
  size: ['s', '', 'unseen', '__proto__'],
  site: ['東京', 'JFK', '', 'JFK'],
  note: ['Gull gull hit', '', 'never seen', '  a\tcrow '],
};

const recipes = {
  numbers: { all: { kind: 'numbers', columns: ['speed', 'at'] } },
  category: { size: { kind: 'category' } },
  values: { all: { kind: 'values', columns: ['speed', 'at'] } },
  place: { size: { kind: 'place' }, site: { kind: 'place' } },
  impute: { speed: { kind: 'impute', flag: true }, later: { kind: 'impute', column: 'at' } },
  scale: { speed: { kind: 'scale', by: 'quartiles' } },
  buckets: { speed: { kind: 'buckets', count: 3 } },
  date: { at: { kind: 'date' } },
  oneHot: { size: { kind: 'oneHot', minRows: 2 } },
  ordinal: { size: { kind: 'ordinal' } },
  target: { size: { kind: 'target' } },
  frequency: { site: { kind: 'frequency' } },
  hash: { site: { kind: 'hash', buckets: 5 } },
  cross: { both: { kind: 'cross', columns: ['size', 'site'], minRows: 1 } },
  text: { note: { kind: 'text', longest: 2, minRows: 2 } },
  tokens: { note: { kind: 'tokens', length: 3, minRows: 2 } },
};

for (const kind of [...builtInKinds, values, place]) {
  const recipe = Object.entries(recipes).find(([name]) => name === kind.kind)?.[1];
  if (!recipe) continue;
  featureKindContract(kind, {
    recipe,
    from,
    columns,
    rows: 4,
    wrong: { kind: kind.kind, ...{ colunm: 'x' } },
  });
}

describe('the built-in kinds', () => {
  it('are all tried, but images, which their own test decodes', () => {
    const tried = Object.keys(recipes);
    expect(builtInKinds.map(({ kind }) => kind).filter((kind) => !tried.includes(kind))).toEqual(['image']);
  });
});
