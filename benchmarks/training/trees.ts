import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { rocAuc } from '@trestle/statistics';
import { boost, predict, predictRow } from '@trestle/trees';
import type { Comparison, Readings, Ready, Side, Unavailable } from '../runner/comparison.ts';
import { CATEGORIES, COLUMNS, type FlightsDesign, flightsDesign } from './flights.ts';

const PYTHON = '/usr/bin/python3';
const ROWS_ALONE = 20_000;

/** With `BENCH_CLOCK=cpu`, the time that the process had a processor. */
const seconds = (): number =>
  process.env.BENCH_CLOCK === 'cpu' ? process.cpuUsage().user / 1e6 : performance.now() / 1e3;

export function treesComparisons(isQuick: boolean): readonly Comparison[] {
  const rows = isQuick ? 50_000 : 1_000_000;
  const of = `${isQuick ? '50,000' : 'a million'} flights`;
  return [
    {
      rows: [
        {
          name: `100 trees of 31 leaves on four fifths of ${of}`,
          ...{ reading: 'fit', unit: 's', better: 'lower' },
          target: { over: 'best peer', atMost: 1 },
        },
        {
          name: `predict ${of} with them`,
          ...{ reading: 'predict', unit: 's', better: 'lower' },
          target: { over: 'best peer', atMost: 1 },
        },
        {
          name: 'one row in process',
          ...{ reading: 'row', unit: 'µs', better: 'lower' },
          target: { over: 'itself', atMost: 10 },
        },
        {
          name: 'ROC AUC of the other fifth',
          ...{ reading: 'auc', unit: '', better: 'higher' },
          target: { over: 'best peer', atLeast: 0.999 },
        },
      ],
      ours: withDesign(rows, ours),
      peers: Object.fromEntries(
        PEERS.flatMap((peer) =>
          [1, 2].map((threads) => [
            `${peer.name}, ${threads} thread${threads > 1 ? 's' : ''}`,
            withDesign(rows, (design) => inPython(peer, design, threads)),
          ]),
        ),
      ),
    },
  ];
}

/** Each side has the flights as long as it is there. */
const withDesign =
  (rows: number, open: (design: FlightsDesign) => Ready | Unavailable): Side =>
  async () => {
    const design = await flightsDesign(rows);
    const ready = open(design);
    if ('why' in ready) {
      await design.remove();
      return ready;
    }
    return {
      measure: () => ready.measure(),
      async close() {
        await ready.close?.();
        await design.remove();
      },
    };
  };

function ours({ rows, train, matrix, targets }: FlightsDesign): Ready {
  const width = COLUMNS.length;
  const learnt = { rows: train, width, matrix: matrix.subarray(0, train * width), categories: CATEGORIES };
  return {
    async measure(): Promise<Readings> {
      let from = seconds();
      const { forest } = await boost(
        { ...learnt, targets: targets.subarray(0, train) },
        { objective: 'logistic', rounds: 100, leaves: 31 },
      );
      const fit = seconds() - from;
      from = seconds();
      const found = predict(forest, { rows, width, matrix });
      const all = seconds() - from;
      const into = new Float64Array(1);
      from = seconds();
      for (let row = 0; row < ROWS_ALONE; row++)
        predictRow(forest, matrix.subarray(row * width, (row + 1) * width), into);
      const alone = ((seconds() - from) / ROWS_ALONE) * 1e6;
      return { fit, predict: all, row: alone, auc: rocAuc(targets.subarray(train), found.subarray(train)) };
    },
  };
}

interface Peer {
  readonly name: string;
  readonly module: string;
  readonly script: string;
}
const PEERS: readonly Peer[] = [
  { name: 'scikit-learn', module: 'sklearn', script: 'sklearn_side.py' },
  { name: 'XGBoost', module: 'xgboost', script: 'xgboost_side.py' },
];

function inPython(peer: Peer, { path, rows, train }: FlightsDesign, threads: number): Ready | Unavailable {
  if (spawnSync(PYTHON, ['-c', `import ${peer.module}`]).status !== 0)
    return { why: `there is no ${PYTHON} that imports ${peer.module}` };
  if (threads > 1 && process.env.BENCH_CLOCK === 'cpu')
    return { why: "processor time of several threads is nobody's time" };
  const script = join(import.meta.dirname, '..', 'peers', peer.script);
  const args = [script, path, String(rows), String(train), JSON.stringify(CATEGORIES)];
  const child = spawn(PYTHON, args, {
    env: { ...process.env, OMP_NUM_THREADS: String(threads) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async measure(): Promise<Readings> {
      child.stdin.write('\n');
      const { value, done } = await lines.next();
      if (done) throw new Error(`${peer.name} ended`);
      return JSON.parse(value);
    },
    async close() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
