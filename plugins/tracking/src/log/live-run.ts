import { basename, posix, resolve } from 'node:path';
import process from 'node:process';
import type { Worker } from 'node:worker_threads';
import type { RunStatus } from '@trestle/contracts';
import { type ErrorDocument, isErrorKind, TrestleError } from '@trestle/kernel';
import { checkName, checkParam, LIMITS } from '../limits.ts';
import type { Message } from '../live/message.ts';
import { trackingError } from '../tracking-error.ts';
import { filesIn } from './files-in.ts';
import { PointsWriter } from './points-buffer.ts';
import type { Heard, ThreadData, Told } from './thread-messages.ts';

/** How a run ends. */
export interface FinishOptions {
  /** `succeeded` when left out. */
  readonly status?: Exclude<RunStatus, 'running'>;
  /** What went wrong. */
  readonly error?: string;
  /** How long to wait until all has arrived, in milliseconds; 10,000 when left out. */
  readonly waitMs?: number;
}

/** How long the end of the process waits for what is on its way. */
const EXIT_MS = 2_000;
const WAIT_MS = 10_000;
/** Parameters of one message, so that it stays below what a server takes. */
const PARAMS_AT_ONCE = 50;

export function paramMessages(params: Readonly<Record<string, unknown>>): readonly Message[] {
  const given = Object.entries(params).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) checkParam(name, value);
  return Array.from({ length: Math.ceil(given.length / PARAMS_AT_ONCE) }, (_, part) => ({
    kind: 'params',
    params: Object.fromEntries(given.slice(part * PARAMS_AT_ONCE, (part + 1) * PARAMS_AT_ONCE)),
  }));
}

interface Waiting {
  readonly resolve: (heard: Heard) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A run that this process logs to. Nothing of it waits for a disk or a network but what returns a promise. Left without `finish`, it
 * fails with its scope (`await using`), or is interrupted with the process; both can be resumed.
 */
export class LiveRun implements AsyncDisposable {
  /** `r-…` */
  readonly id: string;
  readonly #thread: Worker;
  readonly #data: ThreadData;
  readonly #points: PointsWriter;
  readonly #series = new Map<string, number>();
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #crash: unknown;
  #broken: Error | undefined;
  #isOver = false;

  constructor(data: ThreadData, thread: Worker) {
    this.id = data.run;
    this.#data = data;
    this.#thread = thread;
    this.#points = new PointsWriter(data.chunk, (chunk) => this.#tell({ kind: 'chunk', chunk }));
    thread.on('message', (heard: Heard) => this.#hear(heard));
    thread.on('error', (thrown) => this.#break(thrown));
    // A script ends when it has nothing to do, whatever is on its way.
    thread.unref();
    process.on('exit', this.#atExit);
    process.on('uncaughtExceptionMonitor', this.#atCrash);
  }

  /**
   * Adds one value to each series: some microseconds at most. NaN and infinities are kept as they are; steps may come in any order,
   * and a step that is logged twice has both values.
   *
   * @param options.step a whole number from 0 on; the next of each series when left out
   * @throws TRS_TRACKING_METRIC, TRS_TRACKING_NAME, TRS_TRACKING_TOO_MANY, TRS_TRACKING_OVER, TRS_TRACKING_BEHIND
   */
  log(metrics: Readonly<Record<string, number>>, options: { readonly step?: number } = {}): void {
    if (this.#isOver) throw this.#over();
    const { step = Number.NaN } = options;
    if (options.step !== undefined && (!Number.isSafeInteger(step) || step < 0)) throw badStep(options.step);
    const time = Date.now();
    for (const name in metrics) {
      const value = metrics[name];
      if (typeof value !== 'number') throw badValue(name, value);
      if (!this.#points.push(this.#series.get(name) ?? this.#newSeries(name), step, value, time))
        throw behind(this.id);
    }
  }

  #newSeries(name: string): number {
    checkName('metric', name);
    const place = this.#series.size;
    if (place >= LIMITS.series) throw tooManySeries(this.id);
    this.#series.set(name, place);
    this.#tell({ kind: 'series', name });
    return place;
  }

  /** Adds parameters, or changes them. @throws TRS_TRACKING_PARAM, TRS_TRACKING_OVER */
  params(params: Readonly<Record<string, unknown>>): void {
    for (const message of paramMessages(params)) this.#message(message);
  }

  /** @throws TRS_TRACKING_NAME, TRS_TRACKING_OVER */
  tag(name: string, value: string): void {
    checkName('tag', name);
    this.#message({ kind: 'tag', name, value: checkText('tag', value, LIMITS.tagCharacters) });
  }

  /** @throws TRS_TRACKING_TEXT, TRS_TRACKING_OVER */
  note(text: string): void {
    this.#message({ kind: 'note', text: checkText('note', text, LIMITS.noteCharacters) });
  }

  /**
   * Keeps a file, or each file of a folder, as it is now. When it returns, there is a copy that survives this process; it is sent
   * behind what was logged before, in parts, and goes on where it was when the connection breaks.
   *
   * @param options.name what it is called in the run; the file's own name when left out
   * @throws TRS_SYSTEM_ENOENT, TRS_TRACKING_LINK, TRS_TRACKING_NAME
   */
  async artifact(
    path: string,
    options: { readonly name?: string } = {},
  ): Promise<readonly { readonly name: string; readonly digest: string; readonly bytes: number }[]> {
    if (this.#isOver) throw this.#over();
    const root = resolve(path);
    const called = options.name ?? basename(root);
    const kept = [];
    for (const { file, within } of await filesIn(root)) {
      const name = posix.join(called, within);
      checkName('artifact', name);
      const heard = await this.#ask((id) => ({ kind: 'artifact', id, path: file, name }));
      if (heard.kind === 'kept') kept.push({ name, digest: heard.digest, bytes: heard.bytes });
    }
    return kept;
  }

  /** Waits until all that was logged so far has arrived. @returns whether it has; what has not is kept, and sent later */
  async flush(options: { readonly waitMs?: number } = {}): Promise<{ readonly hasArrived: boolean }> {
    return await this.#settle(options.waitMs, false);
  }

  /**
   * Ends the run. @returns whether all of it has arrived; what has not is kept, and sent by the next run that begins here, or by
   * `trestle run sync`
   */
  async finish(options: FinishOptions = {}): Promise<{ readonly hasArrived: boolean }> {
    const { status = 'succeeded', error, waitMs } = options;
    this.#message({
      kind: 'finish',
      status,
      time: new Date().toISOString(),
      ...(error === undefined ? {} : { error: error.slice(0, 4_000) }),
    });
    this.#isOver = true;
    try {
      const settled = await this.#settle(waitMs, true);
      if (!settled.hasArrived)
        warn(
          `the run ${this.id} has not arrived as a whole: the rest is kept in ${this.#data.root}, and sent with "trestle run sync".`,
        );
      return settled;
    } finally {
      await this.#close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver)
      await this.finish({ status: 'failed', error: 'Its scope was left before run.finish().' });
  }

  /** When the thread that keeps and sends is there, and the beginning of the run is kept. */
  async begun(): Promise<void> {
    await this.#answer(0);
  }

  async #settle(waitMs: number | undefined, isLast: boolean): Promise<{ readonly hasArrived: boolean }> {
    const heard = await this.#ask((id) => ({ kind: 'settle', id, waitMs: waitMs ?? WAIT_MS, isLast }));
    return { hasArrived: heard.kind === 'settled' && heard.hasArrived };
  }

  #message(message: Message): void {
    if (this.#isOver) throw this.#over();
    this.#tell({ kind: 'message', message });
  }

  #tell(told: Told): void {
    this.#thread.postMessage(told);
  }

  async #ask(question: (id: number) => Told): Promise<Heard> {
    this.#asked += 1;
    const id = this.#asked;
    const answer = this.#answer(id);
    this.#tell(question(id));
    return await answer;
  }

  async #answer(id: number): Promise<Heard> {
    if (this.#broken) throw this.#broken;
    // Who waits for an answer keeps the process, and nobody else does.
    this.#thread.ref();
    try {
      return await new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    } finally {
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#thread.unref();
    }
  }

  #hear(heard: Heard): void {
    const waiting = this.#waiting.get(heard.kind === 'ready' ? 0 : (heard.id ?? -1));
    if (heard.kind !== 'failed') waiting?.resolve(heard);
    else if (waiting) waiting.reject(errorOf(heard.error));
    else warn(`the run ${this.id}: ${heard.error.message} ${heard.error.hint}`);
  }

  /** The thread is gone: whoever waits hears why, and so does whoever asks later. */
  #break(thrown: unknown): void {
    this.#broken = thrown instanceof Error ? thrown : new Error(String(thrown));
    warn(`the run ${this.id} is not kept any more: ${this.#broken.message}`);
    for (const { reject } of this.#waiting.values()) reject(this.#broken);
  }

  readonly #atCrash = (thrown: unknown): void => {
    this.#crash = thrown ?? new Error('thrown without a value');
  };

  readonly #atExit = (code: number): void => {
    const crash = this.#crash;
    const [status, error] =
      crash === undefined
        ? (['interrupted', `Its process ended (code ${code}) before run.finish().`] as const)
        : (['failed', crash instanceof Error ? `${crash.name}: ${crash.message}` : String(crash)] as const);
    this.#tell({
      kind: 'message',
      message: { kind: 'finish', status, error: error.slice(0, 4_000), time: new Date().toISOString() },
    });
    const { exit } = this.#data;
    Atomics.store(exit, 0, 1);
    Atomics.wait(exit, 1, 0, EXIT_MS);
  };

  async #close(): Promise<void> {
    process.off('exit', this.#atExit);
    process.off('uncaughtExceptionMonitor', this.#atCrash);
    await this.#thread.terminate();
  }

  #over() {
    return trackingError('OVER', {
      kind: 'conflict',
      message: `The run "${this.id}" is over.`,
      hint: 'Log before run.finish(), or begin another run.',
      details: { run: this.id },
    });
  }
}

const warn = (text: string): void => void process.stderr.write(`trestle: ${text}\n`);

const errorOf = ({ code, kind, message, hint, details }: ErrorDocument): TrestleError =>
  new TrestleError(code, { kind: isErrorKind(kind) ? kind : 'failed', message, hint, details });

function checkText(what: string, text: string, limit: number): string {
  if (text !== '' && text.length <= limit) return text;
  throw trackingError('TEXT', {
    kind: 'invalid',
    message: `A ${what} has ${text.length} characters; 1 to ${limit} are kept.`,
    hint: 'Keep what is long as an artifact.',
  });
}

const badStep = (step: number) =>
  trackingError('STEP', {
    kind: 'invalid',
    message: `${step} is no step: it is a whole number from 0 to 2^53.`,
    hint: 'Count batches or epochs, or leave the step out.',
  });

const badValue = (name: string, value: unknown) =>
  trackingError('METRIC', {
    kind: 'invalid',
    message: `The metric "${name}" is a ${value === null ? 'null' : typeof value}, not a number.`,
    hint: 'Log a number; NaN and infinities are kept too. Texts are parameters, tags or notes.',
    details: { metric: name },
  });

const tooManySeries = (run: string) =>
  trackingError('TOO_MANY', {
    kind: 'too-large',
    message: `The run "${run}" would have more than ${LIMITS.series} different metrics.`,
    hint: 'Log to several runs with the same parent, or fewer names with more steps.',
    details: { run, limit: LIMITS.series },
  });

const behind = (run: string) =>
  trackingError('BEHIND', {
    kind: 'overloaded',
    message: `The run "${run}" has millions of measurements that are not kept yet.`,
    hint: 'Log less often, or wait with "await run.flush()".',
    details: { run },
  });
