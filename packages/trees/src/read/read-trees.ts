import { type AboutForest, type Forest, ForestBuilder, setWords } from '../forest.ts';
import { malformed, unsupported } from './fields.ts';

/** A tree of a file: nodes by their numbers, the first is the root. */
export interface ReadTree {
  /** -1 of a leaf. */
  readonly left: ArrayLike<number>;
  readonly right: ArrayLike<number>;
  readonly features: ArrayLike<number>;
  /** What goes left is up to it. */
  readonly thresholds: ArrayLike<number>;
  readonly missingLeft: ArrayLike<number>;
  /** Of nodes that ask for a category: which go to one side; those that are not listed and unknown ones go to the other. */
  readonly categories: ReadonlyMap<number, { readonly listed: readonly number[]; readonly goLeft: boolean }>;
  readonly values: ArrayLike<number>;
  readonly gains: ArrayLike<number>;
  readonly rows: ArrayLike<number>;
  readonly covers: ArrayLike<number>;
}

/** Columns, and categories of one, that a model may have. */
export const MOST_COLUMNS = 1_000_000;
export const MOST_CATEGORIES = 65_536;
/** Words of sets, all together: half a GiB. */
const MOST_WORDS = 2 ** 27;

/** @param about what is true of the whole forest, but of its categories. @throws TRS_TREES_MODEL where trees are none */
export function forestOf(
  trees: readonly ReadTree[],
  about: Omit<AboutForest, 'categories'>,
  where: string,
): Forest {
  const categories = new Int32Array(about.width);
  for (const [tree, { features, categories: sets }] of trees.entries())
    for (const [node, { listed }] of sets) {
      const feature = features[node] ?? -1;
      const own = `${where}[${tree}], node ${node}`;
      if (!(feature >= 0 && feature < about.width)) throw malformed(own, `asks for column ${feature}`);
      for (const category of listed) {
        if (!Number.isInteger(category) || category < 0) throw malformed(own, `has a category ${category}`);
        if (category >= MOST_CATEGORIES)
          throw unsupported(
            `Category ${category} of column ${feature}`,
            `Number categories from 0 to ${MOST_CATEGORIES - 1} before training.`,
          );
        categories[feature] = Math.max(categories[feature] ?? 0, category + 1);
      }
    }
  let words = 0;
  for (const { features, categories: sets } of trees)
    for (const node of sets.keys()) words += setWords(categories[features[node] ?? 0] ?? 0);
  if (words > MOST_WORDS)
    throw unsupported(`A model with sets of ${32 * words} categories`, 'Train a smaller one.');
  const builder = new ForestBuilder();
  for (const [tree, read] of trees.entries())
    addTree(builder, read, categories, about.isFloat32, `${where}[${tree}]`);
  return builder.finish({ ...about, categories });
}

function addTree(
  builder: ForestBuilder,
  tree: ReadTree,
  categories: Int32Array,
  isFloat32: boolean,
  where: string,
): void {
  const count = tree.left.length;
  const isSeen = new Uint8Array(count);
  builder.beginTree();
  const enter = (node: number): number => {
    if (!(node >= 0 && node < count)) throw malformed(where, `has no node ${node}`);
    if (isSeen[node]) throw malformed(where, `comes to node ${node} in two ways`);
    isSeen[node] = 1;
    return builder.addLeaf(tree.rows[node] ?? 0, tree.covers[node] ?? 0);
  };
  const open: (readonly [node: number, place: number])[] = [[0, enter(0)]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [node, place] = next;
    const [left, right] = [tree.left[node] ?? -1, tree.right[node] ?? -1];
    if (left < 0) {
      const value = tree.values[node] ?? 0;
      builder.setValue(place, isFloat32 ? Math.fround(value) : value);
      continue;
    }
    const feature = tree.features[node] ?? -1;
    if (!(feature >= 0 && feature < categories.length))
      throw malformed(where, `asks in node ${node} for column ${feature} of ${categories.length}`);
    const own = tree.categories.get(node);
    if (!own && (categories[feature] ?? 0) > 0)
      throw malformed(where, `compares categories of column ${feature} in node ${node}`);
    builder.split(place, {
      feature,
      threshold: own ? 0 : (tree.thresholds[node] ?? 0),
      set: own && setOf(own, categories[feature] ?? 0, tree.missingLeft[node] === 1),
      missingLeft: !own && tree.missingLeft[node] === 1,
      gain: tree.gains[node] ?? 0,
    });
    const [below, above] = [enter(left), enter(right)];
    builder.connect(place, below, above);
    open.push([right, above], [left, below]);
  }
}

function setOf(
  { listed, goLeft }: { readonly listed: readonly number[]; readonly goLeft: boolean },
  categories: number,
  missingLeft: boolean,
): Uint32Array {
  const set = new Uint32Array(setWords(categories)).fill(goLeft ? 0 : 0xffffffff);
  const write = (bit: number, isIn: boolean): void => {
    const word = (set[bit >> 5] ?? 0) & ~(1 << (bit & 31));
    set[bit >> 5] = word | (Number(isIn) << (bit & 31));
  };
  for (const category of listed) write(category, goLeft);
  write(categories + 1, missingLeft);
  return set;
}
