import type { RowOf, StepParams, Types } from '../pipeline/step-function.ts';

/** An expectation as a function, in a module that `row.function` names. */
export interface RowExpectation<In extends Types = Types> {
  readonly kind: 'expectation';
  /** The columns that are read, with their types. */
  readonly reads: In;
  /** Whether a row is as expected. */
  readonly run: (row: RowOf<In>, params: StepParams) => boolean | Promise<boolean>;
}

/** What is expected of each row, as a function of its values; the default export of a module. */
export const rowExpectation = <const In extends Types>(
  expectation: Omit<RowExpectation<In>, 'kind'>,
): RowExpectation<In> => ({ kind: 'expectation', ...expectation });
