import cluster, { type Worker } from 'node:cluster';
import { setTimeout as wait } from 'node:timers/promises';
import { type Logger, TrestleError } from '@trestle/kernel';
import { serverError } from '../server-error.ts';
import { type FromProcess, fromProcess, type Measured, type ToProcess } from './messages.ts';
import { passOnConnections } from './pass-on-connections.ts';
import { lasting, summed } from './sum-metrics.ts';

export interface ProcessesOptions {
  /** The module that Node starts, and its arguments: a server that joins its keeper, and drains on SIGTERM. */
  readonly module: string;
  readonly args: readonly string[];
  readonly count: number;
  readonly log: Logger;
}

/** Servers on one port: connections go to each in turn. */
export interface ServerProcesses {
  readonly url: string;
  readonly grpc: string | undefined;
  /**
   * Replaces one after the other: a new one takes requests before the old one drains. Where a new one cannot begin, those that are
   * there stay. Asked for again meanwhile, it begins anew when it is through.
   */
  restart(): Promise<void>;
  /** Drains all. */
  close(): Promise<void>;
}

type Ready = FromProcess & { readonly kind: 'ready' };

/** One of the processes. */
interface Kept {
  readonly worker: Worker;
  readonly ready: Promise<Ready>;
  readonly ended: Promise<void>;
  readonly startedAt: number;
  isReady: boolean;
  /** It was told to end: nobody takes its place. */
  isRetired: boolean;
  drainTimeoutMs: number;
  /** What it had counted when it was asked the last time. */
  measured: Measured;
}

const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 30_000;
/** One that lived for so long was well: its end is not of its start. */
const SOUND_MS = 60_000;
/** What a process may take to close its services once it has drained. */
const CLOSE_MS = 10_000;
/** What was said before an end arrives within this time. */
const UNHEARD_MS = 1_000;
/** A process that does not say in this time what it has counted is there with what it said before. */
const MEASURE_MS = 1_000;

/**
 * Keeps servers on one port: this process accepts connections and hands each to one of them, starts again what ends by itself, says
 * who leads, and adds up what they count. It opens no project itself, so that nothing of a request can hold it up.
 *
 * @throws what the first of them cannot begin for
 */
export async function keepProcesses(options: ProcessesOptions): Promise<ServerProcesses> {
  const { log, count } = options;
  cluster.setupPrimary({
    exec: options.module,
    args: [...options.args],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // NaN is a number here: what is counted arrives as it was sent.
    serialization: 'advanced',
  });
  // In turn: left to the system, nearly all connections go to one.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  const kept = new Set<Kept>();
  const answers = new Map<number, (measured: Measured) => void>();
  let leader: Kept | undefined;
  /** What those have counted that are gone: without it sums would fall, which Prometheus takes for a new beginning. */
  const gone: Measured[] = [];
  let isCondensing = false;
  let questions = 0;
  let restartMs = FIRST_RESTART_MS;
  const closing = new AbortController();

  const tell = ({ worker }: Kept, message: ToProcess): void => {
    if (worker.isConnected()) worker.send(message);
  };

  const chooseLeader = (): void => {
    if (leader && kept.has(leader)) return;
    leader = [...kept].find(({ isReady, isRetired }) => isReady && !isRetired);
    if (leader) tell(leader, { kind: 'lead' });
  };

  const measure = async (one: Kept): Promise<Measured> => {
    const asked = questions++;
    const answer = new Promise<Measured>((resolve) => answers.set(asked, resolve));
    tell(one, { kind: 'measure', asked });
    const late = wait(MEASURE_MS, undefined, { ref: false }).then(() => one.measured);
    const measured = await Promise.race([answer, late, one.ended.then(() => [])]);
    answers.delete(asked);
    return measured;
  };

  const start = (): Kept => {
    const worker = cluster.fork({ TRESTLE_PROCESSES: String(count) });
    // A message that could not be sent: that the process is gone is told by its end.
    worker.on('error', (cause) =>
      log.debug('a process of the server is not heard', { cause: String(cause) }),
    );
    const exit = new Promise<string>((resolve) => {
      worker.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    const passOn = passOnConnections(worker);
    const unheard = new Promise<void>((resolve) => worker.once('disconnect', () => resolve()));
    // What it has said last is read after its end; of one that was killed the channel may stay open for as long as what it had started lives.
    const end = exit.then(async (how) => {
      await Promise.race([unheard, wait(UNHEARD_MS, undefined, { ref: false })]);
      passOn([...kept].some((other) => other.isReady && !other.worker.isDead()));
      return how;
    });
    const ready = new Promise<Ready>((resolve, reject) => {
      worker.on('message', (sent: unknown) => {
        const message = fromProcess.parse(sent);
        if (message.kind === 'ready') {
          resolve(message);
        } else if (message.kind === 'failed') {
          const { code, errorKind, hint } = message;
          reject(new TrestleError(code, { kind: errorKind, message: message.message, hint }));
        } else {
          heard(one, message);
        }
      });
      void end.then((how) => reject(endedEarly(how)));
    });
    const one: Kept = {
      worker,
      ready,
      ended: end.then(() => {
        kept.delete(one);
        gone.push(lasting(one.measured));
        void condense();
        chooseLeader();
      }),
      startedAt: performance.now(),
      isReady: false,
      isRetired: false,
      drainTimeoutMs: 0,
      measured: [],
    };
    kept.add(one);
    ready.then(
      ({ drainTimeoutMs }) => {
        one.isReady = true;
        one.drainTimeoutMs = drainTimeoutMs;
        chooseLeader();
      },
      // Whoever waits for it hears of it too.
      () => {},
    );
    return one;
  };

  const heard = (one: Kept, message: Exclude<FromProcess, { kind: 'ready' | 'failed' }>): void => {
    one.measured = message.measured;
    if (message.kind === 'measured') {
      if (message.asked !== undefined) answers.get(message.asked)?.(message.measured);
      return;
    }
    const others = [...kept].filter((other) => other !== one && other.isReady);
    void Promise.all(others.map(measure)).then((all) =>
      tell(one, { kind: 'collected', asked: message.asked, others: [...all, ...gone] }),
    );
  };

  /** Those that are gone become one. */
  const condense = async (): Promise<void> => {
    if (isCondensing || gone.length < 8) return;
    isCondensing = true;
    const many = [...gone];
    gone.splice(0, many.length, await summed(many).getMetricsAsJSON());
    isCondensing = false;
  };

  /** Sees to it that somebody is there in its place when it ends by itself. */
  const watch = async (one: Kept): Promise<void> => {
    await one.ended;
    if (one.isRetired || closing.signal.aborted) return;
    log.warn('a process of the server ended, and is started again', { pid: one.worker.process.pid });
    if (performance.now() - one.startedAt > SOUND_MS) restartMs = FIRST_RESTART_MS;
    await wait(restartMs, undefined, { signal: closing.signal }).catch(() => {});
    restartMs = Math.min(restartMs * 2, LONGEST_RESTART_MS);
    if (closing.signal.aborted) return;
    const again = start();
    void watch(again);
    await again.ready.then(
      () => log.info('a process of the server is ready in its place', { pid: again.worker.process.pid }),
      // Its end is told, and it is started again.
      () => {},
    );
  };

  const retire = async (one: Kept): Promise<void> => {
    if (one.isRetired) return await one.ended;
    one.isRetired = true;
    one.worker.process.kill('SIGTERM');
    const late = setTimeout(() => one.worker.process.kill('SIGKILL'), one.drainTimeoutMs + CLOSE_MS);
    await one.ended;
    clearTimeout(late);
  };

  const replaceAll = async (): Promise<void> => {
    for (const old of [...kept]) {
      if (closing.signal.aborted) return;
      if (old.isRetired || !kept.has(old)) continue;
      const fresh = start();
      try {
        await fresh.ready;
      } catch (thrown) {
        await retire(fresh);
        log.warn('a new process could not begin, and those that are there stay', { cause: String(thrown) });
        return;
      }
      void watch(fresh);
      await retire(old);
    }
    log.info('all processes of the server are new', { processes: kept.size });
  };

  let isWanted = false;
  let restarting: Promise<void> | undefined;
  const restartAgain = async (): Promise<void> => {
    while (isWanted && !closing.signal.aborted) {
      isWanted = false;
      await replaceAll();
    }
  };

  const first = start();
  const begun = await first.ready.catch(async (thrown: unknown) => {
    await retire(first);
    throw thrown;
  });
  void watch(first);
  const others = Array.from({ length: count - 1 }, start);
  for (const one of others) void watch(one);
  await Promise.all(others.map(({ ready }) => ready.catch(() => {})));
  return {
    url: begun.url,
    grpc: begun.grpc,
    restart() {
      isWanted = true;
      restarting ??= restartAgain().finally(() => {
        restarting = undefined;
      });
      return restarting;
    },
    async close() {
      closing.abort();
      await Promise.all([...kept].map(retire));
      await restarting;
    },
  };
}

const endedEarly = (how: string) =>
  serverError('PROCESS_ENDED', {
    kind: 'failed',
    message: `A process of the server ended before it was ready (${how}).`,
    hint: 'See what it wrote before; without --processes the server begins in this process.',
  });
