/** What one measurement of one side gave: numbers by name, in the units that the rows state. */
export type Readings = Readonly<Record<string, number>>;

/** A side that is ready to be measured. */
export interface Ready {
  /** Does the work once, long enough to be measured, and tells what it found. Called once a round. */
  measure(): Promise<Readings> | Readings;
  close?(): Promise<void> | void;
}

/** Why a side cannot run here: a package or an adapter that is not there. */
export interface Unavailable {
  readonly why: string;
}

/** Makes a side ready: loads, compiles, warms up. What throws is reported as the reason why it could not run. */
export type Side = () => Promise<Ready | Unavailable> | Ready | Unavailable;

/**
 * What a row must reach. `over` says what ours is divided by: a peer by its name, `limit` (the physical limit,
 * measured in the same run), `best peer` (the best of those that ran), a list of peers (the best of those among them that ran),
 * or `itself`, which divides by nothing.
 */
export type Target = { readonly over: string | readonly string[] } & (
  | { readonly atMost: number }
  | { readonly atLeast: number }
);

/** One line of the result: one of the readings, of every side. */
export interface Row {
  readonly name: string;
  /** Which of the readings. */
  readonly reading: string;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  readonly target?: Target;
}

/** The same work, done by several sides, that take turns in every round. */
export interface Comparison {
  readonly rows: readonly Row[];
  readonly ours: Side;
  readonly peers: Readonly<Record<string, Side>>;
  /** Takes minutes: one round, and none before it to warm up. */
  readonly once?: boolean;
  /** What the machine could do at best, for the readings that have such a limit. */
  readonly limit?: Side;
}

export interface SuiteOptions {
  /** Smaller work: to see that everything runs, not to quote. */
  readonly isQuick: boolean;
  /** With `--rows N`: only the work that can be of any size, and that large. */
  readonly rows?: number | undefined;
}

/** What `benchmarks/<name>/suite.ts` exports as `suite`. */
export interface Suite {
  readonly summary: string;
  /** Rounds that count; 7, and 3 with `--quick`, when left out. */
  readonly rounds?: number;
  /** Facts that belong beside the machine's: versions of peers, the name of an adapter. */
  facts?(): Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>;
  comparisons(options: SuiteOptions): Promise<readonly Comparison[]> | readonly Comparison[];
}
