import { seeded } from '@trestle/statistics';

/** The places of the rows of one more sample, drawn with replacement. */
export type Draw = () => Int32Array;

/** Draws as many rows as there are. @param seed the same for the same samples */
export function rowDraws(rows: number, seed: number): Draw {
  const random = seeded(seed);
  return () => Int32Array.from({ length: rows }, () => Math.floor(random() * rows));
}

/**
 * Draws as many groups as there are, each with all of its rows: rows of one person are alike, and samples of single rows would make
 * intervals too narrow (the cluster bootstrap; A. C. Davison, D. V. Hinkley, Bootstrap Methods and their Application, 1997, section 3.8).
 *
 * @param groups the group of each row
 */
export function groupDraws(groups: readonly string[], seed: number): Draw {
  const rowsOf = new Map<string, number[]>();
  for (const [row, group] of groups.entries()) {
    const known = rowsOf.get(group);
    if (known) known.push(row);
    else rowsOf.set(group, [row]);
  }
  const members = [...rowsOf.values()];
  const random = seeded(seed);
  return () => Int32Array.from(members.flatMap(() => members[Math.floor(random() * members.length)] ?? []));
}
