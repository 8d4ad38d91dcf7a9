import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { predict, predictRow, rawScores, readLightgbm, TreesError } from '../index.ts';

// Written by hand from the format that LightGBM documents and its source reads: there is no LightGBM where this was made. What is
// expected was worked out by hand, too, by the rules of its `Tree::NumericalDecision` and `Tree::CategoricalDecision`.

interface Head {
  readonly objective?: string;
  readonly classes?: number;
  readonly width?: number;
  readonly more?: readonly string[];
}

const model = (
  trees: readonly (readonly string[])[],
  { objective, classes = 1, width = 3, more = [] }: Head = {},
) =>
  [
    ...['tree', 'version=v4', `num_class=${classes}`, `num_tree_per_iteration=${classes}`, 'label_index=0'],
    ...[`max_feature_idx=${width - 1}`, ...(objective ? [`objective=${objective}`] : []), ...more],
    ...['feature_names=a b c', 'feature_infos=[0:1] [0:1] 0:1:2', 'tree_sizes=1 2 3', ''],
    ...trees.flatMap((tree, at) => [`Tree=${at}`, ...tree, 'shrinkage=0.1', '', '']),
    ...[
      'end of trees',
      '',
      'feature_importances:',
      'a=3',
      '',
      'parameters:',
      '[boosting: gbdt]',
      'end of parameters',
      '',
    ],
  ].join('\n');

const leaf = (value: number): readonly string[] => [
  'num_leaves=1',
  'num_cat=0',
  `leaf_value=${value}`,
  'is_linear=0',
];
/** a <= 0.5 ? (b <= -1 ? 1 : 2) : 4 */
const tree = (decisions: string): readonly string[] => [
  ...['num_leaves=3', 'num_cat=0', 'split_feature=0 1', 'split_gain=10 5', 'threshold=0.5 -1'],
  ...[`decision_type=${decisions}`, 'left_child=1 -1', 'right_child=-3 -2', 'leaf_value=1 2 4'],
  ...[
    'leaf_weight=3 4 5',
    'leaf_count=3 4 5',
    'internal_value=0 0',
    'internal_weight=12 7',
    'internal_count=12 7',
  ],
  'is_linear=0',
];
/** c in {1, 33} ? 10 : 20 */
const categorical: readonly string[] = [
  ...['num_leaves=2', 'num_cat=1', 'split_feature=2', 'split_gain=1', 'threshold=0', 'decision_type=1'],
  ...['left_child=-1', 'right_child=-2', 'leaf_value=10 20', 'leaf_weight=1 1', 'leaf_count=4 6'],
  ...[
    'internal_value=0',
    'internal_weight=2',
    'internal_count=10',
    'cat_boundaries=0 2',
    'cat_threshold=2 2',
  ],
  'is_linear=0',
];
const NONE = 0;
const DEFAULT_LEFT = 2;
const ZERO = 4;
const NAN = 8;

const scoreOf = (text: string, row: readonly number[]): number | undefined =>
  predictRow(readLightgbm(text), row)[0];

describe('a model of LightGBM', () => {
  it.each([
    [[0.5, -1, 0], 1],
    [[0.5, -0.9, 0], 2],
    [[0.5000001, -5, 0], 4],
    [[-1e300, 1e300, 0], 2],
  ])('sends %j to the leaf %d', (row, expected) => {
    expect(scoreOf(model([tree('2 2')]), row)).toBe(expected);
  });

  it.each([
    ['none is missing, and is taken as 0', `${NONE} ${NONE}`, 2],
    ['missing ones go right', `${NAN} ${NAN}`, 4],
    ['missing ones go left', `${NAN + DEFAULT_LEFT} ${NAN + DEFAULT_LEFT}`, 1],
    ['they go left, then right', `${NAN + DEFAULT_LEFT} ${NAN}`, 2],
    ['0 is missing and goes where it belongs', `${ZERO + DEFAULT_LEFT} ${ZERO}`, 2],
  ])('sends missing numbers where it says: %s', (_, decisions, expected) => {
    expect(scoreOf(model([tree(decisions)]), [Number.NaN, Number.NaN, 0])).toBe(expected);
  });

  it.each([
    [1, 10],
    [33, 10],
    [0, 20],
    [2, 20],
    [65, 20],
    [1e9, 20],
    [-1, 20],
    [Number.NaN, 20],
  ])('sends category %d to the leaf %d', (category, expected) => {
    expect(scoreOf(model([categorical]), [0, 0, category])).toBe(expected);
  });

  it.each([
    ['regression', 5],
    ['quantile alpha:0.9', 5],
    ['poisson', Math.exp(5)],
    ['tweedie tweedie_variance_power:1.5', Math.exp(5)],
    ['binary sigmoid:1', 1 / (1 + Math.exp(-5))],
    ['binary sigmoid:0.5', 1 / (1 + Math.exp(-2.5))],
    ['cross_entropy', 1 / (1 + Math.exp(-5))],
    [undefined, 5],
  ])('of %s turns its sums into what they stand for', (objective, expected) => {
    const text = model([tree('2 2'), leaf(4)], objective ? { objective } : {});
    expect(scoreOf(text, [0, -2, 0])).toBeCloseTo(expected, 9);
  });

  it('of several classes has their trees in turn', () => {
    const text = model([leaf(1), leaf(2), leaf(3), leaf(0), leaf(0), tree('2 2')], {
      ...{ objective: 'multiclass num_class:3', classes: 3 },
    });
    const forest = readLightgbm(text);
    const table = { rows: 1, width: 3, matrix: Float64Array.of(0, -2, 0) };
    expect([...rawScores(forest, table)]).toEqual([1, 2, 4]);
    const total = Math.exp(1) + Math.exp(2) + Math.exp(4);
    expect(predict(forest, table)[2]).toBeCloseTo(Math.exp(4) / total, 9);
  });

  it('of a random forest is the mean of its trees', () => {
    const text = model([tree('2 2'), leaf(3)], { objective: 'regression', more: ['average_output'] });
    expect(scoreOf(text, [9, 0, 0])).toBe(3.5);
  });

  it('keeps what it says of gains, rows and weights', () => {
    const forest = readLightgbm(model([tree('2 2')]));
    expect([...forest.rows]).toEqual([12, 7, 5, 3, 4]);
    expect(forest.gains[0]).toBe(10);
    expect(forest.covers[0]).toBe(12);
  });

  it('may have lines that end as on Windows', () => {
    expect(scoreOf(model([tree('2 2')]).replaceAll('\n', '\r\n'), [9, 0, 0])).toBe(4);
  });
});

describe('what is no model of LightGBM', () => {
  it.each([
    ['binary sigmoid:1', model([leaf(1)], { objective: 'cross_entropy_lambda' }), 'cross_entropy_lambda'],
    ['sqrt', model([leaf(1)], { objective: 'regression sqrt' }), 'sqrt'],
    ['linear leaves', model([leaf(1).with(-1, 'is_linear=1')]), 'linear leaves'],
    ['0 as missing', model([tree(`${ZERO} ${NAN}`)]), '0 is taken as missing'],
    ['a column too many', model([tree('2 2')], { width: 1 }), 'column'],
    ['no end', model([tree('2 2')]).replace('end of trees', ''), 'end of trees'],
    ['a circle', model([tree('2 2').with(6, 'left_child=0 -1')]), 'two ways'],
    ['a list cut off', model([tree('2 2').with(8, 'leaf_value=1 2')]), 'leaf_value'],
    ['no trees', model([]), '0 trees'],
    ['a class too few', model([leaf(1)], { objective: 'multiclass', classes: 2 }), '1 trees'],
    ['no number', model([leaf(Number.NaN)]), 'finite'],
    ['a set that is not there', model([categorical.with(4, 'threshold=3')]), 'set 3'],
    ['another file', 'a,b,c\n1,2,3\n', 'tree'],
  ])('is refused by name: %s', (_, text, word) => {
    expect(() => readLightgbm(text)).toThrow(
      expect.objectContaining({ code: 'TRS_TREES_MODEL', message: expect.stringContaining(word) }),
    );
  });

  const whole = model([tree('2 2'), categorical, leaf(1)]);

  it('is refused where it is cut off before its trees end', () => {
    const end = whole.indexOf('end of trees') + 'end of trees'.length;
    for (let at = 0; at < end; at++)
      expect(() => readLightgbm(whole.slice(0, at)), `at ${at}`).toThrow(
        expect.objectContaining({ code: 'TRS_TREES_MODEL' }),
      );
  });

  it('is refused or answers, whatever letters are changed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.constantFrom(...'0123456789-.= \n\taet')), {
          minLength: 1,
          maxLength: 4,
        }),
        (changes) => {
          const letters = [...whole];
          for (const [at, letter] of changes) letters[at] = letter;
          try {
            const forest = readLightgbm(letters.join(''));
            expect(predictRow(forest, new Float64Array(forest.width))).toHaveLength(forest.outputs);
          } catch (error) {
            expect(error).toBeInstanceOf(TreesError);
          }
        },
      ),
      { numRuns: 600 },
    );
  });
});
