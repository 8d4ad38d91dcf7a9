import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { findProjectDir } from '@trestle/kernel';
import { checkExperiment } from '../limits.ts';
import { RUN_ID } from '../live/message.ts';
import { newRunId } from '../run-id.ts';
import { trackingError } from '../tracking-error.ts';
import { LiveRun, paramMessages } from './live-run.ts';
import { newChunk } from './points-buffer.ts';
import { surroundings } from './surroundings.ts';
import type { ThreadData } from './thread-messages.ts';

/** What every run takes: where it goes, and what is recorded beside what is logged. */
export interface LogOptions {
  readonly params?: Readonly<Record<string, unknown>>;
  /** The server to log to; `TRESTLE_SERVER` when left out, and without that the project on this machine. */
  readonly server?: string;
  /** `TRESTLE_TOKEN` when left out. */
  readonly token?: string;
  /** The project's folder; the nearest upward from the current one when left out. */
  readonly project?: string;
  /** Where what has not arrived is kept; `.trestle/outbox` of the project when left out. */
  readonly outbox?: string;
  /** Measures cpu and memory every so many milliseconds, as `system/…`; not when left out. */
  readonly systemEveryMs?: number;
  /** `false`: script, commit and what differs from it are not recorded. */
  readonly code?: boolean;
}

/** A run that begins, or one that failed, was interrupted or is lost and goes on. */
export type StartRunOptions = LogOptions &
  (
    | {
        /** There with its first run; `/` nests. */
        readonly experiment: string;
        /** The run of which it is a part. */
        readonly parent?: string;
        readonly resume?: undefined;
      }
    | { readonly resume: string; readonly experiment?: undefined; readonly parent?: undefined }
  );

/**
 * Begins a run that this script logs to, in the project on this machine or on a server. When it returns, the run is kept on the
 * disk; a thread of its own sends it, so that nobody waits for a server that is slow or away.
 *
 * @throws TRS_TRACKING_NAME, TRS_TRACKING_PARAM, TRS_TRACKING_SERVER, TRS_SYSTEM_… what the disk refuses
 * @example
 * await using run = await startRun({ experiment: 'churn', params: { rate: 0.1 } });
 * for (let step = 0; step < 100; step++) run.log({ loss: train() }, { step });
 * await run.finish();
 */
export async function startRun(options: StartRunOptions): Promise<LiveRun> {
  const params = paramMessages(options.params ?? {});
  const project = resolve(options.project ?? findProjectDir(process.cwd()));
  const server = options.server ?? (options.project === undefined ? process.env.TRESTLE_SERVER : undefined);
  const token = options.token ?? process.env.TRESTLE_TOKEN;
  if (options.experiment !== undefined) checkExperiment(options.experiment);
  if (options.resume !== undefined) checkRun(options.resume);
  const target = server === undefined ? { project } : { server: checkedServer(server) };
  const seen = options.code === false ? undefined : await surroundings();
  const time = new Date().toISOString();
  const data: ThreadData = {
    root: resolve(options.outbox ?? join(project, '.trestle', 'outbox')),
    run: options.resume ?? newRunId(),
    target,
    token,
    isResumed: options.resume !== undefined,
    first: [
      options.resume === undefined
        ? {
            kind: 'start',
            experiment: options.experiment,
            params: {},
            facts: seen ? { code: seen.code, environment: seen.environment } : {},
            time,
            ...(options.parent === undefined ? {} : { parent: options.parent }),
          }
        : { kind: 'resume', time },
      ...params,
    ],
    diff: seen?.diff,
    chunk: newChunk(),
    exit: new Int32Array(new SharedArrayBuffer(8)),
    systemMs: options.systemEveryMs ?? 0,
  };
  // The built file also when this one runs from source: a thread cannot be started from within a test runner.
  const file = fileURLToPath(import.meta.resolve('@trestle/plugin-tracking/log-thread'));
  const run = new LiveRun(data, new Worker(file, { workerData: data }));
  await run.begun();
  return run;
}

function checkRun(run: string): void {
  if (RUN_ID.test(run)) return;
  throw trackingError('NAME', {
    kind: 'invalid',
    message: `${JSON.stringify(run.slice(0, 100))} is no run: it looks like r-….`,
    hint: 'See "trestle run list".',
  });
}

function checkedServer(server: string): string {
  if (/^https?:\/\//.test(server) && URL.canParse(server)) return server;
  throw trackingError('SERVER', {
    kind: 'invalid',
    message: `${JSON.stringify(server.slice(0, 200))} is no address of a server.`,
    hint: 'Give it as http://127.0.0.1:7070.',
  });
}
