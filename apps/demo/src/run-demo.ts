import { join, relative } from 'node:path';
import process from 'node:process';
import type { Host, Progress, View } from '@trestle/kernel';
import { trace } from '@trestle/plugin-system';
import { makeDemoFolder } from './demo-folder.ts';
import { isLive, readStrikes } from './records.ts';
import { announce, perform, type Stage } from './stage.ts';
import { addData, type DataAccount } from './steps/data.ts';
import { goLive, type LiveAccount } from './steps/live.ts';
import { type ModelAccount, trainModel } from './steps/model.ts';
import { improve, type RetrainAccount, rollBack } from './steps/retrain.ts';
import { summary } from './summary.ts';

export interface DemoServer {
  readonly url: string;
  close(): Promise<void>;
}

export interface DemoOptions {
  /** Where the demo makes its project; `.demo` in the current folder when left out. */
  readonly projectDir?: string | undefined;
  readonly openProject: (dir: string) => Promise<Host>;
  readonly startServer: (host: Host, port: number) => Promise<DemoServer>;
  readonly port: number;
  /** End after the demo instead of leaving the server up until `signal` aborts. */
  readonly isOnce: boolean;
  readonly signal: AbortSignal;
  readonly show: (views: readonly View[]) => void;
  readonly onProgress: (progress: Progress) => void;
}

/** What happened, in numbers. */
export interface DemoAccount {
  readonly project: string;
  readonly url: string;
  readonly data: DataAccount;
  readonly model: ModelAccount;
  readonly live: Omit<LiveAccount, 'lastRow'>;
  readonly retrain: RetrainAccount;
  /** The versions that answered before, after and again after the rollback. */
  readonly servedVersions: readonly number[];
  readonly seconds: number;
}

/**
 * The whole line on real data: raw records become a dataset version, a model, an endpoint, a drift alert, a retrained
 * challenger. Nothing is computed in advance.
 *
 * @throws TRS_DEMO_…, and whatever the operations throw
 */
export async function runDemo(options: DemoOptions): Promise<DemoAccount> {
  const startedAt = performance.now();
  const dir = options.projectDir ?? join(process.cwd(), '.demo');
  const strikes = await readStrikes();
  const live = strikes.filter(isLive);
  await makeDemoFolder(dir, live.length);
  const host = await options.openProject(dir);
  try {
    const { show, onProgress, signal } = options;
    const past = strikes.filter((strike) => !isLive(strike));
    const stage: Stage = { host, dir, signal, past, live, show, onProgress };
    // First, so that a port in use is told before any work is done.
    const server = await options.startServer(host, options.port);
    try {
      const account = await throughTheLine(stage, server.url, startedAt);
      show(summary(account, relative(process.cwd(), dir) || '.', options.isOnce));
      if (!options.isOnce) await aborted(signal);
      return account;
    } finally {
      await server.close();
    }
  } finally {
    await host.close();
  }
}

async function throughTheLine(stage: Stage, url: string, startedAt: number): Promise<DemoAccount> {
  const data = await addData(stage);
  const model = await trainModel(stage);
  const { labels, lastRow, ...live } = await goLive(stage, url);
  const retrain = await improve(stage, url, live.alert.id, labels);
  const servedVersions = await rollBack(stage, url, lastRow, retrain);
  announce(
    stage,
    '7  Where did that answer come from?',
    'From one prediction back to the model, the run, the dataset version and the file.',
    `trestle trace ${live.prediction}`,
  );
  await perform(stage, trace, { ref: live.prediction });
  const seconds = (performance.now() - startedAt) / 1000;
  return { project: stage.dir, url, data, model, live, retrain, servedVersions, seconds };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
