import { random } from '@trestle/core';
import { splitError } from './parts.ts';
import type { Split } from './split.ts';

/** What rows of one group have in common; a row without a value is a group of its own, as nobody knows whose it is. */
export const groupsOf = (values: readonly string[]): readonly string[] =>
  // No text of a table has this sign in it, so that no value is taken for a row.
  values.map((value, row) => (value === '' ? `\u0000${row}` : value));

/** How many of the rows each group has. */
export function sizesOf(groups: readonly string[], rows: Int32Array): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const row of rows) sizes.set(groups[row] ?? '', (sizes.get(groups[row] ?? '') ?? 0) + 1);
  return sizes;
}

/** Deals whole groups out to folds: the largest first, each to the fold of the fewest rows. O(groups x folds). */
export function dealWhole(sizes: ReadonlyMap<string, number>, count: number): ReadonlyMap<string, number> {
  const dealt = Array.from({ length: count }, () => 0);
  const foldOf = new Map<string, number>();
  for (const [group, size] of [...sizes].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))) {
    const fold = dealt.indexOf(Math.min(...dealt));
    foldOf.set(group, fold);
    dealt[fold] = (dealt[fold] ?? 0) + size;
  }
  return foldOf;
}

/** What a fold holds, and what the others do, where groups are dealt out whole. */
export const dealtRows = (
  groups: readonly string[],
  rows: Int32Array,
  foldOf: ReadonlyMap<string, number>,
  fold: number,
): { readonly others: Int32Array; readonly held: Int32Array } => ({
  others: rows.filter((row) => foldOf.get(groups[row] ?? '') !== fold),
  held: rows.filter((row) => foldOf.get(groups[row] ?? '') === fold),
});

/**
 * Holds out whole groups, drawn one behind the other as long as that comes nearer to the share; the smallest where each is too large.
 *
 * @param column what names the groups, for a person
 * @throws TRS_TRAIN_SPLIT where there are fewer than three: one is held out, and candidates are judged on another
 */
export function splitByGroup(
  column: string,
  groups: readonly string[],
  usable: Int32Array,
  share: number,
  seed: number,
): Split {
  const sizes = sizesOf(groups, usable);
  checkCount(column, sizes.size, 3);
  const named = [...sizes].sort(([a], [b]) => (a < b ? -1 : 1));
  const wanted = share * usable.length;
  const held = new Set<string>();
  let rows = 0;
  for (const place of random.permutation(random.key(seed), named.length)) {
    const [group, size] = named[place] ?? ['', 0];
    // Two stay to be trained on: what is fitted to one is judged on the other.
    if (held.size + 2 >= named.length || Math.abs(rows + size - wanted) >= Math.abs(rows - wanted)) continue;
    held.add(group);
    rows += size;
  }
  if (held.size === 0) {
    const [smallest] = named.reduce((least, one) => (one[1] < least[1] ? one : least));
    held.add(smallest);
  }
  return {
    kind: 'group',
    train: usable.filter((row) => !held.has(groups[row] ?? '')),
    test: usable.filter((row) => held.has(groups[row] ?? '')),
    parts: groups,
  };
}

/** Deals whole groups into folds: each is tested on once, by a model of the others. @throws TRS_TRAIN_SPLIT where there are too few */
export function crossGroups(
  column: string,
  groups: readonly string[],
  usable: Int32Array,
  count: number,
): Split {
  const sizes = sizesOf(groups, usable);
  checkCount(column, sizes.size, count);
  const foldOf = dealWhole(sizes, count);
  const folds = Array.from({ length: count }, (_, fold) => {
    const { others, held } = dealtRows(groups, usable, foldOf, fold);
    return { train: others, test: held };
  });
  return { kind: 'folds', train: usable, test: usable, folds, parts: groups };
}

function checkCount(column: string, groups: number, least: number): void {
  if (groups >= least) return;
  throw splitError(
    `"${column}" has ${groups} ${groups === 1 ? 'group' : 'groups'}, and ${least} are needed at least to keep each whole`,
    'Name a column of more groups (--group), or fewer folds (--folds).',
  );
}
