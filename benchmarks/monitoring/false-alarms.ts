// Simulates streams with and without a change: how often the budget's checks alarm, and how soon, beside published rules at the same rate.
// Run: node benchmarks/monitoring/false-alarms.ts [SHARE] > benchmarks/results/monitoring-….md (a quarter of an hour of one core; SHARE 0.05 looks quickly)
import process from 'node:process';
import { changeDetector, NUMERIC_PARTS } from '@trestle/statistics';
import { blocksOf, type Change } from './blocks.ts';
import { LEARNT, type PeerStream, peerBlock, peerRules } from './peers.ts';
import { DAY, ROWS, type WorldName } from './worlds.ts';

const MONTH = 30 * DAY;
const WORLDS: readonly WorldName[] = [
  'i.i.d.',
  'seasonal',
  'autocorrelated',
  'seasonal and autocorrelated',
  'heavy-tailed',
];
const share = Number(process.argv[2] ?? 1);
const say = (line = ''): void => void process.stdout.write(`${line}\n`);
const tell = (line: string): void => void process.stderr.write(`${line}\n`);

/** Blocks at which the budget's checks alarm; `first`: the first from a place on is enough. */
function ours(
  next: () => Float64Array,
  streams: number,
  blocks: number,
  from = Number.POSITIVE_INFINITY,
): number[] {
  const detector = changeDetector(streams, { threshold: MONTH, slots: DAY });
  const found: number[] = [];
  for (let block = 0; block < blocks; block++) {
    if (!detector.next(next(), ROWS, block % DAY)) continue;
    found.push(block);
    if (block >= from) break;
    detector.learnAnew();
  }
  return found;
}

interface Size {
  readonly features: number;
  readonly segments: number;
  readonly streams: number;
  readonly worlds: readonly WorldName[];
}
const SIZES: readonly Size[] = [
  { features: 10, segments: 1, streams: 180, worlds: WORLDS },
  { features: 50, segments: 1, streams: 20, worlds: WORLDS },
  { features: 10, segments: 10, streams: 10, worlds: WORLDS },
  { features: 300, segments: 1, streams: 4, worlds: WORLDS },
  { features: 300, segments: 50, streams: 1, worlds: ['i.i.d.', 'seasonal and autocorrelated'] },
];

say('# The budget of false alarms, simulated');
say();
say(
  `\`node benchmarks/monitoring/false-alarms.ts\`, blocks of ${ROWS} rows, one an hour. Half of a row all features have in common.`,
);
say();
say('## Without a change: alarms in 30 days, where `1 per 30d` is the budget');
say();
say('| world | features x segments | streams | alarms in 30 days and stream |');
say('| --- | --- | --- | --- |');
let allStreams = 0;
for (const { features, segments, streams, worlds } of SIZES) {
  for (const world of worlds) {
    const count = Math.max(1, Math.round(streams * share));
    let alarms = 0;
    for (let seed = 1; seed <= count; seed++) {
      const blocks = blocksOf(world, features, segments, seed);
      alarms += ours(() => blocks.next().values, blocks.streams, MONTH + DAY).length;
    }
    allStreams += count;
    say(`| ${world} | ${features} x ${segments} | ${count} | ${(alarms / count).toFixed(2)} |`);
    tell(`${world} ${features} x ${segments}: ${alarms / count}`);
  }
}
say();
say(`${allStreams} streams in all.`);

const shift = (by: number) => (value: number) => value + by;
const CHANGES: readonly Change[] = [
  { name: 'sudden: one feature of ten moves by 0.5 sd', of: (value, k) => (k === 0 ? value + 0.5 : value) },
  {
    name: 'gradual: by 1 sd over 200 blocks',
    of: (value, k, since) => (k === 0 ? shift(Math.min(1, since / 200))(value) : value),
  },
  {
    name: 'recurring: by 0.8 sd, every other day',
    of: (value, k, since) => (k === 0 && Math.floor(since / DAY) % 2 === 0 ? value + 0.8 : value),
  },
  {
    name: 'covariate: three features become 1.5 times as wide',
    of: (value, k) => (k < 3 ? 1.5 * value : value),
  },
  { name: 'label: a class of 30 % becomes one of 45 %', of: (value, k) => (k === 8 ? value + 0.4 : value) },
  {
    name: 'concept: squared errors double, inputs stay',
    of: (value, k) => (k === 9 ? Math.SQRT2 * value : value),
  },
];
/** Of the last two features, what they stand for: a label of 30 %, a squared error. */
const meant = (value: number, k: number): number =>
  k === 8 ? (value > 0.5244 ? 1 : 0) : k === 9 ? value * value : value;

const FEATURES = 10;
const AT = 240;
const UNTIL = 720;

function seen(world: WorldName, seed: number, blocks: number, change?: Change) {
  const of: Change['of'] = (value, k, since, normal) =>
    meant(change && since >= AT ? change.of(value, k, since - AT, normal) : value, k);
  const drawn = blocksOf(world, FEATURES, 1, seed, { name: change?.name ?? 'none', of });
  const stream = { means: [] as Float64Array[], ks: [] as Float64Array[], js: [] as Float64Array[] };
  const values: Float64Array[] = [];
  for (let block = 0; block < blocks; block++) {
    const one = drawn.next();
    values.push(one.values);
    stream.means.push(one.means);
    const { ks, js } = peerBlock(drawn.referenceCounts, one.counts);
    stream.ks.push(ks);
    stream.js.push(js);
  }
  return { values, stream: stream satisfies PeerStream };
}

const count = Math.max(3, Math.round(40 * share));
for (const world of WORLDS) {
  say();
  say(`## Delay in a world that is ${world}`);
  say();
  const still = Array.from({ length: count }, (_, seed) => seen(world, 5_000 + seed, MONTH + LEARNT));
  const months = (count * MONTH) / MONTH;
  const rateOf = (rule: (typeof peerRules)[number], setting: number): number =>
    still.reduce((sum, { stream }) => sum + rule.alarms(stream, setting).length, 0) / months;
  const tuned = peerRules.map((rule) => {
    // The boldest setting up to which the rate holds: of rules that are told the world beforehand.
    let chosen: number | undefined;
    for (const setting of rule.settings) {
      if (rateOf(rule, setting) > 1) break;
      chosen = setting;
    }
    return { rule, setting: chosen };
  });
  const defaults = [
    ['JS distance per chunk, mean + k sd', 3, 'k = 3'],
    ['ADWIN', 0.002, 'delta 0.002'],
  ] as const;
  for (const [name, setting, words] of defaults) {
    const rule = peerRules.find((one) => one.name === name);
    if (rule)
      say(`By default (${words}), ${name} alarms ${rateOf(rule, setting).toFixed(1)} times in 30 days.`);
  }
  const loud = still.reduce(
    (sum, { stream }) => sum + stream.ks.slice(LEARNT).filter((block) => block.some((p) => p < 0.05)).length,
    0,
  );
  say(
    `By default (p < 0.05 of any feature), KS test per window is in alarm for ${((100 * loud) / (count * MONTH)).toFixed(0)} % of all blocks.`,
  );
  const ownRate =
    still.reduce(
      (sum, { values }) =>
        sum +
        ours(() => values.shift() ?? new Float64Array(), FEATURES * NUMERIC_PARTS.length, MONTH + DAY).length,
      0,
    ) / months;
  say();
  say(
    `Median blocks to the first alarm after the change (share found within ${UNTIL - AT} blocks), ${count} streams; peers are tuned to 1 alarm in 30 days of this very world, ours (${ownRate.toFixed(2)} here) is told nothing of it.`,
  );
  say();
  say(`| change | Trestle | ${tuned.map(({ rule }) => rule.name).join(' | ')} |`);
  say(`| --- | --- | ${tuned.map(() => '---').join(' | ')} |`);
  for (const change of CHANGES) {
    const delays = new Map<string, number[]>();
    const add = (name: string, alarms: readonly number[]): void => {
      const first = alarms.find((block) => block >= AT);
      delays.set(name, [
        ...(delays.get(name) ?? []),
        first === undefined ? Number.POSITIVE_INFINITY : first - AT + 1,
      ]);
    };
    for (let seed = 0; seed < count; seed++) {
      const { values, stream } = seen(world, 9_000 + seed, UNTIL, change);
      add(
        'ours',
        ours(() => values.shift() ?? new Float64Array(), FEATURES * NUMERIC_PARTS.length, UNTIL, AT),
      );
      for (const { rule, setting } of tuned)
        add(rule.name, setting === undefined ? [] : rule.alarms(stream, setting));
    }
    const cell = (name: string): string => {
      const sorted = (delays.get(name) ?? []).toSorted((a, b) => a - b);
      const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.POSITIVE_INFINITY;
      const found = sorted.filter(Number.isFinite).length / (sorted.length || 1);
      return `${Number.isFinite(median) ? median : '-'} (${Math.round(100 * found)} %)`;
    };
    say(`| ${change.name} | ${[cell('ours'), ...tuned.map(({ rule }) => cell(rule.name))].join(' | ')} |`);
  }
}
