import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { demoError } from './demo-error.ts';
import { DATE, SIZE, SPEED, TARGET } from './records.ts';

/** Says that the demo made everything in the folder, so that it may go when the demo runs again; holds its process id. */
const MARKER = '.trestle-demo';

/** The name of the dataset, the model's and the deployment's. */
export const DATASET = 'birdstrikes';
export const MODEL = 'strikes';

const EXPECTATIONS = {
  expectations: [
    { type: 'table.rowCount', min: 1000 },
    { type: 'column.notNull', column: DATE },
    { type: 'column.notNull', column: TARGET },
    { type: 'column.inSet', column: SIZE, values: ['Small', 'Medium', 'Large'] },
    { type: 'column.between', column: SPEED, min: 0, max: 400 },
    { type: 'row.sql', expression: '"Cost Total $" >= "Cost Repair"' },
  ],
};

const configuration = (labels: number) => ({
  monitoring: {
    // The demo does not want to wait a minute for its alert.
    checkEvery: '2s',
    deployments: {
      [MODEL]: {
        action: 'retrain',
        // Waits until the label of the last live record has arrived.
        retrain: { minLabels: labels },
      },
    },
  },
});

/**
 * Makes the demo's project: an empty store, a configuration and expectations. A folder of an earlier demo is made anew.
 *
 * @throws TRS_DEMO_FOLDER_IN_USE for a folder that holds anything else, TRS_DEMO_RUNNING
 */
export async function makeDemoFolder(dir: string, labels: number): Promise<void> {
  const entries = await readdir(dir).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (entries.length > 0 && !entries.includes(MARKER)) {
    throw demoError('FOLDER_IN_USE', {
      kind: 'conflict',
      message: `${dir} is not empty, and not of an earlier demo.`,
      hint: 'Name an empty or new folder with --project; nothing was changed.',
    });
  }
  const other = entries.length > 0 ? Number(await readFile(join(dir, MARKER), 'utf8')) : 0;
  if (isRunning(other)) {
    throw demoError('RUNNING', {
      kind: 'conflict',
      message: `A demo (process ${other}) is running in ${dir}.`,
      hint: 'End it with Ctrl-C, or name another folder with --project.',
    });
  }
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, MARKER), String(process.pid));
  await writeJson(join(dir, 'trestle.config.json'), configuration(labels));
  await writeJson(join(dir, 'expectations', `${DATASET}.json`), EXPECTATIONS);
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    // Signal 0 only asks whether the process is there.
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}
