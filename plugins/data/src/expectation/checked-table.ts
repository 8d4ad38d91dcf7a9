import type { Column } from '@trestle/contracts';
import { didYouMean, type TrestleError } from '@trestle/kernel';
import type { Engine } from '@trestle/tables';
import type { Expectation } from '../config/suite.ts';
import { dataError } from '../data-error.ts';
import type { Profile } from '../profile/profile-schema.ts';
import type { WrittenPart } from '../version/write-part.ts';
import type { FoundByFunctions } from './check-functions.ts';

/** Another version that a suite compares with. */
export interface ComparedVersion {
  readonly relation: string;
  readonly rows: number;
  readonly columns: readonly Pick<Column, 'name' | 'type'>[];
  readonly profile: Profile | undefined;
}

/** Other versions by their references; what went wrong where one cannot be had. */
export type Compared = ReadonlyMap<string, ComparedVersion | TrestleError>;

/** What a suite needs besides the rows: versions that it compares with, and what its functions found. */
export interface Others {
  readonly compared?: Compared;
  readonly found?: FoundByFunctions;
}

/** What a suite is held against. */
export interface CheckedTable {
  readonly engine: Engine;
  readonly relation: string;
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly duckType: string }[];
  readonly others: Others;
}

/** @throws TRS_DATA_UNKNOWN_COLUMN */
export function checkColumn(columns: readonly { readonly name: string }[], name: string): void {
  if (columns.some((column) => column.name === name)) return;
  const names = columns.map((column) => column.name);
  throw dataError('UNKNOWN_COLUMN', {
    kind: 'invalid',
    message: `The suite expects something of a column "${name}", which is not there.${didYouMean(name, names)}`,
    hint: `Columns: ${names.join(', ')}.`,
    details: { column: name },
  });
}

/** @throws TRS_DATA_SUITE_COMPARES where other versions cannot be reached, or what went wrong with this one */
export function comparedWith(table: CheckedTable, reference: string): ComparedVersion {
  const found = table.others.compared?.get(reference);
  if (found instanceof Error) throw found;
  if (found) return found;
  throw dataError('SUITE_COMPARES', {
    kind: 'unsupported',
    message: `The suite compares with "${reference}", which cannot be read here.`,
    hint: 'Check it with "trestle data validate", after the version was made.',
  });
}

/** What the function of an expectation found. @throws TRS_DATA_SUITE_COMPARES where functions cannot be run, or what it threw */
export function foundBy(table: CheckedTable, expectation: Expectation): WrittenPart {
  const found = table.others.found?.get(expectation);
  if (found instanceof Error) throw found;
  if (found) return found;
  throw dataError('SUITE_COMPARES', {
    kind: 'unsupported',
    message: 'The suite holds a function, which cannot be run here.',
    hint: 'Check it with "trestle data validate", after the version was made.',
  });
}
