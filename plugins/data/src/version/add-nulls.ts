import type { Column } from '@trestle/contracts';

/** Columns with the missing values of what they come behind, too. */
export const addNulls = (columns: readonly Column[], base: readonly Column[] | undefined): Column[] =>
  columns.map((column) => ({
    ...column,
    nulls: column.nulls + (base?.find((one) => one.name === column.name)?.nulls ?? 0),
  }));
