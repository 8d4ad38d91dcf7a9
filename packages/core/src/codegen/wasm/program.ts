import type { FunctionCode, Local, Scope } from './assembler.ts';
import { newScope } from './assembler.ts';

/** One pass over a kernel's work: units from 0 on, which any number of threads may share out among themselves. */
export interface Phase {
  readonly code: FunctionCode;
  readonly units: number;
  /** Roughly how many nanoseconds one unit takes: what is short stays on one thread. */
  readonly unitCost: number;
}

/** What a kernel becomes: phases, run one behind the other. */
export interface Program {
  /** Functions that phases call, by their place: phases come behind them. */
  readonly helpers?: readonly FunctionCode[];
  readonly phases: readonly Phase[];
  /** Bytes of scratch memory that all threads share, and that each has for itself behind them. */
  readonly sharedScratch?: number;
  readonly threadScratch?: number;
  /** Offsets that the kernel looks up; they are put behind each other at an address that phases are given. */
  readonly table?: Int32Array;
}

/** The parameters of every phase. Inputs lie behind them. */
export interface PhaseScope {
  readonly scope: Scope;
  readonly begin: Local<'i32'>;
  readonly end: Local<'i32'>;
  readonly sharedScratch: Local<'i32'>;
  readonly threadScratch: Local<'i32'>;
  readonly table: Local<'i32'>;
  readonly output: Local<'i32'>;
  readonly inputs: readonly Local<'i32'>[];
}

/** How many parameters come before the inputs. */
export const FIXED_PARAMETERS = 6;

export function phaseScope(inputCount: number): PhaseScope {
  const scope = newScope(FIXED_PARAMETERS + inputCount);
  const [begin, end, sharedScratch, threadScratch, table, output, ...inputs] = scope.parameters;
  if (!begin || !end || !sharedScratch || !threadScratch || !table || !output) {
    throw new RangeError('A phase has too few parameters.');
  }
  return { scope, begin, end, sharedScratch, threadScratch, table, output, inputs };
}

/** Bytes of an element: every type takes one word, so that four fill a vector. */
export const WORD = 4;
