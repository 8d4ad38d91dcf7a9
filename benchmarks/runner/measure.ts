import type { Comparison, Readings, Ready, Row, Side } from './comparison.ts';
import { median } from './median.ts';
import { judge, type ResultRow } from './result.ts';

interface Contender {
  readonly name: string;
  readonly ready: Ready;
  readonly rounds: Readings[];
}

/**
 * Measures every side once a round, in turn: what else the machine does in that while hits all of them alike. The
 * order turns too, so that nobody always comes after the heaviest. A first round warms up and is thrown away.
 */
export async function measure(comparison: Comparison, rounds: number): Promise<readonly ResultRow[]> {
  const why = new Map<string, string>();
  const contenders: Contender[] = [];
  try {
    for (const [name, side] of Object.entries(sidesOf(comparison))) {
      const ready = await open(side);
      if ('why' in ready) why.set(name, ready.why);
      else contenders.push({ name, ready, rounds: [] });
    }
    const [first, last] = comparison.once ? [1, 1] : [0, rounds];
    for (let round = first; round <= last; round++) {
      for (let turn = 0; turn < contenders.length; turn++) {
        const contender = contenders[(turn + round) % contenders.length];
        if (contender === undefined || why.has(contender.name)) continue;
        const readings = await readingsOf(contender.ready);
        if ('why' in readings) why.set(contender.name, readings.why);
        else if (round > 0) contender.rounds.push(readings.readings);
      }
    }
  } finally {
    for (const { ready } of contenders) await ready.close?.();
  }
  return comparison.rows.map((row) => resultOf(row, comparison, contenders, why));
}

function sidesOf({ ours, peers, limit }: Comparison): Readonly<Record<string, Side>> {
  return { ours, ...peers, ...(limit === undefined ? {} : { limit }) };
}

async function open(side: Side): Promise<Ready | { readonly why: string }> {
  try {
    return await side();
  } catch (thrown) {
    return { why: messageOf(thrown) };
  }
}

async function readingsOf(ready: Ready): Promise<{ readonly readings: Readings } | { readonly why: string }> {
  try {
    return { readings: await ready.measure() };
  } catch (thrown) {
    return { why: messageOf(thrown) };
  }
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

function resultOf(
  row: Row,
  comparison: Comparison,
  contenders: readonly Contender[],
  why: ReadonlyMap<string, string>,
): ResultRow {
  const samples: Record<string, readonly number[]> = {};
  for (const { name, rounds } of contenders) {
    const own = rounds.map((readings) => readings[row.reading]).filter((value) => value !== undefined);
    if (own.length > 0 && !why.has(name)) samples[name] = own;
  }
  const medianOf = (name: string): number | null => {
    const own = samples[name];
    return own === undefined ? null : median(own);
  };
  const medians = {
    ours: medianOf('ours'),
    peers: Object.fromEntries(Object.keys(comparison.peers).map((name) => [name, medianOf(name)])),
    ...(comparison.limit === undefined ? {} : { limit: medianOf('limit') }),
  };
  return {
    name: row.name,
    unit: row.unit,
    better: row.better,
    ...medians,
    ...judge(row, medians),
    ...(why.size === 0 ? {} : { why: Object.fromEntries(why) }),
    samples,
  };
}
