import type { Row, Target } from './comparison.ts';
import type { Machine } from './machine.ts';

/** One line of the JSON result. All numbers are medians over the rounds. */
export interface ResultRow {
  readonly name: string;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  readonly ours: number | null;
  readonly peers: Readonly<Record<string, number | null>>;
  readonly limit?: number | null;
  /** The ratio that the target speaks of; null without a target, or where a side of it could not run. */
  readonly ratio: number | null;
  readonly target: number | null;
  /** The target in words. */
  readonly says?: string;
  readonly met: boolean | null;
  /** Why a side has no number, by its name (`ours`, `limit`, or a peer's). */
  readonly why?: Readonly<Record<string, string>>;
  /** What every round gave, by side: the spread, for whoever doubts a median. */
  readonly samples: Readonly<Record<string, readonly number[]>>;
}

export interface Result {
  readonly suite: string;
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly machine: Machine;
  readonly rows: readonly ResultRow[];
}

/** The medians of one row's sides; null for a side that could not run. */
export interface Medians {
  readonly ours: number | null;
  readonly peers: Readonly<Record<string, number | null>>;
  readonly limit?: number | null;
}

export interface Verdict {
  readonly ratio: number | null;
  readonly target: number | null;
  readonly says?: string;
  readonly met: boolean | null;
}

/** Divides as the target says, and compares. A target whose other side could not run is neither met nor missed. */
export function judge(row: Row, medians: Medians): Verdict {
  const { target } = row;
  if (target === undefined) return { ratio: null, target: null, met: null };
  const bound = 'atMost' in target ? target.atMost : target.atLeast;
  const says = inWords(target);
  const other = otherSide(row, target, medians);
  if (medians.ours === null || other === null) return { ratio: null, target: bound, says, met: null };
  const ratio = medians.ours / other;
  return { ratio, target: bound, says, met: 'atMost' in target ? ratio <= bound : ratio >= bound };
}

function otherSide(row: Row, target: Target, { peers, limit }: Medians): number | null {
  if (target.over === 'itself') return 1;
  if (target.over === 'limit') return limit ?? null;
  const names = target.over === 'best peer' ? Object.keys(peers) : [target.over].flat();
  const values = names.map((name) => peers[name]);
  const unknown = names[values.indexOf(undefined)];
  if (unknown !== undefined) {
    throw new Error(`The target of "${row.name}" speaks of "${unknown}", which is not among its peers.`);
  }
  const ran = values.filter((value) => value !== null && value !== undefined);
  if (ran.length === 0) return null;
  return row.better === 'lower' ? Math.min(...ran) : Math.max(...ran);
}

function inWords(target: Target): string {
  const bound = 'atMost' in target ? `at most ${target.atMost}` : `at least ${target.atLeast}`;
  if (target.over === 'itself') return bound;
  return typeof target.over === 'string'
    ? `${bound} x ${target.over}`
    : `${bound} x best of ${target.over.join(', ')}`;
}
