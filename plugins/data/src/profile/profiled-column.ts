import type { ColumnType } from '@trestle/contracts';

export interface ProfiledColumn {
  readonly name: string;
  readonly type: ColumnType;
}

export const isNumeric = (type: ColumnType): boolean => type === 'number' || type === 'integer';

/** What the first scan tells of a column. */
export interface Basics extends ProfiledColumn {
  readonly count: number;
  readonly distinct: number;
  readonly min: number | string | null;
  readonly max: number | string | null;
  readonly mean: number | null;
  readonly std: number | null;
}
