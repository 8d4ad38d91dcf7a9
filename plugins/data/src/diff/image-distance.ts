import type { ImageStatistics } from '@trestle/model';
import type { Engine } from '@trestle/tables';
import { identifier } from '@trestle/tables/sql';
import { openDecodeThreads } from '../image/decode-threads.ts';
import { jensenShannon } from './distribution-distance.ts';

/** Images that are looked at on each side: by chance, samples of so many are 0.05 apart. */
const LOOKED_AT = 1_000;
/** Decoded by one thread at a time. */
const AT_ONCE = 32;
const THREADS = 2;
const BINS = 10;

export interface ImageDistance {
  /** Jensen-Shannon distance of the statistic that differs most: 0 alike to 1 nothing in common. */
  readonly distance: number;
  /** Which one that is: `brightness`, …, or `decodable` where images cannot be read. */
  readonly of: string;
}

/** How far the images of a column look other than before: each statistic in tenths of the older side. */
export async function imageDistance(
  engine: Engine,
  sides: { readonly from: string; readonly to: string },
  name: string,
): Promise<ImageDistance> {
  const before = await statisticsOf(engine, sides.from, name);
  const now = await statisticsOf(engine, sides.to, name);
  const unreadable = (side: readonly ImageStatistics[]): number =>
    side.filter(({ width }) => width === undefined).length;
  const [lost, gone] = [unreadable(before), unreadable(now)];
  let worst: ImageDistance = {
    of: 'decodable',
    distance: jensenShannon([
      [lost, gone],
      [before.length - lost, now.length - gone],
    ]),
  };
  for (const of of new Set([...before, ...now].flatMap((one) => Object.keys(one)))) {
    const [older, newer] = [before, now].map((side) => side.flatMap((one) => one[of] ?? []));
    const distance = distanceInTenths(older ?? [], newer ?? []);
    if (distance > worst.distance) worst = { of, distance };
  }
  return worst;
}

function distanceInTenths(older: readonly number[], newer: readonly number[]): number {
  const sorted = older.toSorted((a, b) => a - b);
  const least = sorted[0] ?? 0;
  const edges = [
    ...new Set(
      Array.from(
        { length: BINS - 1 },
        (_, k) => sorted[Math.floor(((k + 1) * sorted.length) / BINS)] ?? least,
      ),
    ),
  ];
  const counted = (values: readonly number[]): number[] => {
    const counts = new Array<number>(edges.length + 2).fill(0);
    for (const value of values) {
      const found = edges.findIndex((edge) => value <= edge);
      // What is less than anything before is in a bin of its own: where all are of one size, smaller ones would else be like them.
      const bin = value < least ? edges.length + 1 : found === -1 ? edges.length : found;
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return counts;
  };
  const now = counted(newer);
  return jensenShannon(counted(older).map((count, bin) => [count, now[bin] ?? 0]));
}

/** Of the images whose hash says so, which are the same every time: about as many as are looked at, or all. */
async function statisticsOf(
  engine: Engine,
  relation: string,
  name: string,
): Promise<readonly ImageStatistics[]> {
  const column = `${identifier(name)}::VARCHAR`;
  const [row] = await engine.rows(`SELECT count(${identifier(name)}) AS n FROM ${relation}`);
  const step = Math.max(1, Math.floor(Number(row?.n) / LOOKED_AT));
  const sql = `SELECT ${column} FROM ${relation} WHERE ${column} IS NOT NULL AND hash(${column}) % ${step} = 0`;
  const threads = openDecodeThreads(THREADS);
  try {
    const found: ImageStatistics[] = [];
    for await (const { rows, columns } of engine.chunks(sql)) {
      const images = Array.from({ length: rows }, (_, at) => String(columns[0]?.[at]));
      for (let at = 0; at < rows; at += AT_ONCE * THREADS) {
        const parts = Array.from({ length: THREADS }, (_, thread) =>
          threads.statistics(images.slice(at + thread * AT_ONCE, at + (thread + 1) * AT_ONCE)),
        );
        found.push(...(await Promise.all(parts)).flat());
      }
    }
    return found;
  } finally {
    await threads.close();
  }
}
