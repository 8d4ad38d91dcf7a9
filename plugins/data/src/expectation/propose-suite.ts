import type { Column } from '@trestle/contracts';
import type { Expectation } from '../config/suite.ts';
import type { ColumnProfile, Profile, Semantic } from '../profile/profile-schema.ts';

/** Texts with at most so many values are expected to keep to them. */
const FEW_VALUES = 20;
/** How far the share of missing values may move before it is worth a word. */
const MORE_MISSING = 0.05;

const FORMS: Partial<Record<Semantic, string>> = {
  email: '[^@\\s]+@[^@\\s]+\\.[^@\\s]{2,}',
  uuid: '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}',
  url: '(?i)https?://\\S+',
};

const always = { severity: 'error', mostly: 1 } as const;
const mostly = { severity: 'warn', mostly: 0.99 } as const;

/** What can be expected of rows that come from where these came from. Wider than what was seen, where that may grow. */
export function proposeSuite(columns: readonly Column[], profile: Profile): readonly Expectation[] {
  return [
    { type: 'table.columns', names: columns.map((column) => column.name), ...always },
    { type: 'table.rowCount', min: 1, ...always },
    ...profile.columns.flatMap((column) => proposeColumn(column, profile.rows)),
  ];
}

function proposeColumn(column: ColumnProfile, rows: number): readonly Expectation[] {
  const { name } = column;
  const proposed: Expectation[] = [{ type: 'column.type', column: name, is: column.type, ...always }];
  if (column.count === 0) return proposed;
  if (column.nulls === 0) proposed.push({ type: 'column.notNull', column: name, ...always });
  else {
    const share = 1 - column.nulls / rows - MORE_MISSING;
    if (share > 0)
      proposed.push({
        type: 'column.notNull',
        column: name,
        severity: 'warn',
        mostly: Math.floor(share * 100) / 100,
      });
  }
  if (column.semantic === 'id') proposed.push({ type: 'column.unique', column: name, ...always });
  const form = column.semantic ? FORMS[column.semantic] : undefined;
  if (form !== undefined) proposed.push({ type: 'column.matches', column: name, pattern: form, ...always });
  const { min, max } = column;
  if (column.semantic !== 'id' && typeof min === 'number' && typeof max === 'number')
    proposed.push({ type: 'column.between', column: name, min: below(min), max: -below(-max), ...mostly });
  // Values about a person do not belong into a file that is kept with the code.
  if (
    column.type === 'string' &&
    !column.isPersonal &&
    column.distinct <= FEW_VALUES &&
    column.top.length === column.distinct
  )
    proposed.push({
      type: 'column.inSet',
      column: name,
      values: column.top.map((top) => top.value).toSorted(),
      ...mostly,
    });
  return proposed;
}

/** A round number at or below: two digits of room, and never below zero for what never was. */
function below(value: number): number {
  if (value === 0) return 0;
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 1);
  const round = Number((Math.floor(value / step) * step).toPrecision(12));
  return Math.min(round, value);
}
