import type { Feature, Row } from '@trestle/model';
import type { SavedForest } from '@trestle/trees';

/** Rows that golden examples are made of. */
const ROWS = 16;
/** Of them the last has nothing. */
const EVERY_MISSING = 7;

/**
 * Rows that take a forest's ways: values on thresholds and beside them, categories that splits ask for, and some that are missing.
 * The same forest gives the same rows.
 */
export function suggestRows(forest: SavedForest, features: readonly Feature[]): readonly Row[] {
  const values = features.map((): number[] => []);
  for (const [node, feature] of forest.features.entries()) {
    if (feature < 0) continue;
    const threshold = forest.thresholds[node] ?? 0;
    if ((forest.setsAt[node] ?? -1) < 0) values[feature]?.push(threshold);
  }
  const texts = features.map((_, column) => forest.savedBy.categoryNames.get(column));
  return Array.from({ length: ROWS }, (_, row) =>
    Object.fromEntries(
      features.map(({ name, type }, column) => {
        // A step that shares no factor with the lengths of most lists: rows differ in all columns.
        const at = row * 31 + column * 7;
        if (row === ROWS - 1 || at % EVERY_MISSING === EVERY_MISSING - 1) return [name, null];
        const names = texts[column];
        if (names)
          return [
            name,
            type === 'category'
              ? String(names[at % names.length] ?? '')
              : Number(names[at % names.length] ?? 0),
          ];
        const categories = forest.categories[column] ?? 0;
        if (categories > 0) return [name, at % (categories + 1)];
        const own = values[column] ?? [];
        const value = own[at % Math.max(1, own.length)] ?? row;
        const moved = row % 2 === 0 ? value : value + 0.5 * Math.max(1, Math.abs(value));
        return [name, forest.isFloat32 ? Math.fround(moved) : moved];
      }),
    ),
  );
}
