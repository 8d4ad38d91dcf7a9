import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Comparison, Ready } from '../runner/comparison.ts';
import { openDuck } from './duckdb.ts';
import { STAGES } from './large-stages.ts';

/** Seven columns of the usual kinds: a key, a moment, categories of 5 and of 10,000 values, numbers, a truth, and missing values. */
const COLUMNS = `
  range AS id,
  TIMESTAMP '2020-01-01' + to_seconds(range) AS at,
  ['north', 'south', 'east', 'west', 'nowhere'][1 + CAST(hash(range) % 5 AS BIGINT)] AS region,
  'customer ' || hash(range + 1) % 10_000 AS customer,
  CASE WHEN hash(range + 2) % 50 > 0 THEN round(ln(1 + hash(range + 3) % 1_000_000) * 100, 2) END AS amount,
  hash(range + 4) % 100 AS quantity,
  hash(range + 5) % 20 = 0 AS returned`;

const processorOf = (stage: string): string => `${stage}, processors`;

/** Rows that are made once, and then go through each stage in a process of its own that has the usual configuration. */
async function through(rows: number, secondsTimes: number): Promise<Ready> {
  const dir = await mkdtemp(join(tmpdir(), 'trestle-bench-large-'));
  const path = join(dir, 'rows.parquet');
  await make(rows, path);
  const project = join(dir, 'project');
  return {
    async measure() {
      const readings: Record<string, number> = {};
      let memory = 0;
      for (const stage of STAGES) {
        const { seconds, processorSeconds, mebibytes } = await inProcess(stage, project, path);
        readings[stage] = seconds * secondsTimes;
        readings[processorOf(stage)] = processorSeconds * secondsTimes;
        memory = Math.max(memory, mebibytes);
      }
      return { ...readings, memory };
    },
    close: () => rm(dir, { recursive: true, force: true }),
  };
}

async function make(rows: number, path: string): Promise<void> {
  const duck = await openDuck();
  await duck.connection.run(
    `COPY (SELECT ${COLUMNS} FROM range(${rows})) TO '${path}' (FORMAT parquet, COMPRESSION zstd)`,
  );
  duck.close();
}

interface Spent {
  readonly seconds: number;
  /** Of all its threads. */
  readonly processorSeconds: number;
  readonly mebibytes: number;
}

async function inProcess(stage: string, project: string, path: string): Promise<Spent> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'large-stage.ts'), stage, project, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`The stage "${stage}" ended with ${code}.`);
  // At once: all of it takes minutes.
  process.stderr.write(`    ${stage}: ${said.trim()}\n`);
  const spent: Spent = JSON.parse(said);
  return spent;
}

/** So many rows, and a tenth of them: what takes ten times as long for ten times the rows is linear. */
export function largeComparisons(rows: number): readonly Comparison[] {
  const millions = `${rows / 1e6}M rows`;
  const tenth = 'a tenth, times 10';
  const better = 'lower' as const;
  const target = { over: tenth, atMost: 1.25 };
  return [
    {
      once: true,
      rows: [
        ...STAGES.flatMap((stage) => [
          { name: `${millions}: ${stage}`, reading: stage, unit: 's', better, target },
          // What linear means on a machine that others use too.
          {
            name: `${millions}: ${stage}, processors`,
            reading: processorOf(stage),
            unit: 's',
            better,
            target,
          },
        ]),
        {
          name: `${millions}: memory, the largest of all stages`,
          reading: 'memory',
          unit: 'MiB',
          better: 'lower',
          target: { over: 'itself', atMost: 2_048 },
        },
      ],
      ours: () => through(rows, 1),
      peers: { [tenth]: () => through(Math.round(rows / 10), 10) },
    },
  ];
}
