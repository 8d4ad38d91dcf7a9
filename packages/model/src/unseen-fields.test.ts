import { describe, expect, it } from 'vitest';
import { hashedCounts } from './drift-bins.ts';
import type { DriftReference, Feature } from './metadata.ts';
import { unseenFields } from './unseen-fields.ts';

const feature = (name: string): Feature => ({ name, type: 'category', nullable: true });
const reference = (name: string, counts: readonly (readonly [string, number])[]): DriftReference => ({
  features: [{ kind: 'categorical', name, top: [], other: 0, nulls: 0, hashed: hashedCounts(counts) }],
});

describe('categories that training did not have', () => {
  const kinds = unseenFields(
    [feature('kind')],
    reference('kind', [
      ['a', 5],
      ['b', 4],
    ]),
  );
  it.each<[object, readonly string[]]>([
    [{ kind: 'a' }, []],
    [{ kind: 'c' }, ['kind']],
    [{ kind: null }, []],
    [{ kind: '' }, []],
    [{}, []],
  ])('of %j are %j', (row, expected) => {
    expect(kinds({ ...row })).toEqual(expected);
  });

  it('are not told of where texts are all different, or the package does not have them all', () => {
    const notes = unseenFields(
      [feature('note')],
      reference('note', [
        ['a', 1],
        ['b', 1],
      ]),
    );
    expect(notes({ note: 'c' })).toEqual([]);
    const many = Array.from({ length: 5_000 }, (_, n): [string, number] => [`v${n}`, 9]);
    expect(unseenFields([feature('many')], reference('many', many))({ many: 'other' })).toEqual([]);
    expect(unseenFields([feature('kind')], undefined)({ kind: 'c' })).toEqual([]);
  });
});
