/**
 * Words of the shared memory, below the first block, by which threads agree. What several threads write at the same time has a
 * cache line of its own.
 */
export const CONTROL = {
  /** Counts jobs; threads without work sleep on it. */
  EPOCH: 16,
  /** Threads that sleep. */
  SLEEPING: 32,
  /** Twice the number of threads in the job, plus 1 while more may come in. Nobody changes the job while a thread is in it. */
  STATE: 48,
  /** The first unit that no thread has taken. */
  NEXT: 64,
  /** Threads that have started. */
  READY: 80,
  /** The number of a thread that failed; 0 for none. */
  FAILED: 81,
  /** Units that other threads than the calling one have run, modulo 2^32. */
  HELPED: 82,
  /** The job: which function of which module, its units, and its operands. */
  MODULE: 96,
  CODE: 97,
  CODE_BYTES: 98,
  PHASE: 99,
  UNITS: 100,
  CHUNK: 101,
  SCRATCH_STRIDE: 102,
  OPERAND_COUNT: 103,
  OPERANDS: 104,
  /** The end of the words that are in use. */
  END: 256,
} as const;

/** Operands that a job has room for. */
export const MAX_OPERANDS = CONTROL.END - CONTROL.OPERANDS;
