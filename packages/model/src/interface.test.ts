import { describe, expect, it } from 'vitest';
import { type ModelInterface as Contract, interfaceDifferences as differences } from './interface.ts';

type Feature = Contract['features'][number];
const number = (name: string, more: Partial<Feature> = {}): Feature => ({
  name,
  type: 'number',
  nullable: false,
  ...more,
});
const contract = (features: readonly Feature[], more: Partial<Contract> = {}): Contract => ({
  features,
  task: 'binary',
  classes: ['no', 'yes'],
  ...more,
});
const OLD = contract([number('a'), number('b', { nullable: true })]);

describe('what a version takes otherwise', () => {
  it.each<[string, Contract, readonly RegExp[]]>([
    ['nothing, in another order', contract([...OLD.features].reverse(), { classes: ['yes', 'no'] }), []],
    ['a feature that is needed', contract([...OLD.features, number('c')]), [/needs "c" \(number\).*refused/]],
    [
      'a feature that may be missing',
      contract([...OLD.features, number('c', { nullable: true }), number('d', { imputed: true })]),
      [/takes "c"/, /takes "d"/],
    ],
    ['one feature less', contract([number('a')]), [/does not look at "b"/]],
    [
      'another type',
      contract([number('a', { type: 'category' }), number('b', { nullable: true })]),
      [/"a" as category; m@1 takes it as number/],
    ],
    ['what was missing before', contract([number('a'), number('b')]), [/needs "b", which may be missing/]],
    [
      'other classes',
      contract(OLD.features, { classes: ['no', 'yes', 'perhaps'] }),
      [/classes are no, yes, perhaps/],
    ],
    [
      'another task',
      contract(OLD.features, { task: 'regression', classes: [] }),
      [/a regression task; m@1 answers a binary/],
    ],
  ])('tells of %s', (_, next, words) => {
    const told = differences(OLD, next, 'm@1');
    expect(told).toHaveLength(words.length);
    for (const [k, word] of words.entries()) expect(told[k]).toMatch(word);
  });

  it('tells what is refused before what is passed over', () => {
    const told = differences(OLD, contract([number('c'), number('a')]), 'm@1');
    expect(told.map((text) => text.split(',')[0])).toEqual([
      'It needs "c" (number)',
      'It does not look at "b"',
    ]);
  });
});
