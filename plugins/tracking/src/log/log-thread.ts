import { constants } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { freemem } from 'node:os';
import { basename } from 'node:path';
import process from 'node:process';
import { isDeepStrictEqual } from 'node:util';
import { isMainThread, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { errorDocument, type Host, invariant, openHost, toTrestleError } from '@trestle/kernel';
import { storePlugin } from '@trestle/store';
import type { Points } from '../live/message.ts';
import { deliver } from '../outbox/deliver.ts';
import { deliverLeft } from '../outbox/deliver-left.ts';
import { createOutbox, type KeptMessage, type TargetName } from '../outbox/outbox.ts';
import { measureFile, projectTarget, serverTarget, type Target } from '../outbox/target.ts';
import { trackingPlugin } from '../tracking-plugin.ts';
import { PointsReader } from './points-buffer.ts';
import { ARRIVED, type Heard, KEPT, type ThreadData, type Told } from './thread-messages.ts';

/** How long a measurement waits in memory before it is kept on the disk. */
const KEEP_MS = 50;
const POINTS_AT_ONCE = 5_000;
/** A run is said to be lost when nothing was heard of it for several of these. */
const HEARD_EVERY_MS = 5_000;
const RETRY_MS = [250, 500, 1_000, 2_000, 5_000, 10_000];

/** How long the end of the process waits for what is on its way. */
const EXIT_MS = 1_000;

const data: ThreadData = workerData;
const port = invariant(isMainThread ? undefined : parentPort, 'the thread that started this one');
const say = (heard: Heard): void => port.postMessage(heard);
const fail = (thrown: unknown, id?: number): void =>
  say({
    kind: 'failed',
    error: errorDocument(toTrestleError(thrown)),
    ...(id === undefined ? {} : { id }),
  });

await mkdir(data.root, { recursive: true, mode: 0o700 });
const outbox = createOutbox(data.root, data.run, data.target);
outbox.append(data.first);
const points = new PointsReader();
points.add(data.chunk);
const names: string[] = [];
/** What could not be written yet: the disk is full. */
let unkept: KeptMessage[] = [];
/** Files that are being copied; the end of the run waits for them. */
const copying = new Set<Promise<void>>();
let host: Promise<Host> | undefined;
let wake = (): void => {};
/** Whether all that is kept has arrived, and whether sending failed the last time. */
let state: 'sending' | 'arrived' | 'failing' = 'sending';
let isOver = false;

function targetOf(name: TargetName): Target {
  if ('server' in name) return serverTarget(name.server, data.token);
  const inProject = async (): Promise<Target> => {
    host ??= openHost({ projectDir: name.project, plugins: [storePlugin, trackingPlugin], isPart: true });
    return projectTarget((await host).context({ id: 'run.log', access: 'training:write' }));
  };
  return {
    send: async (envelope) => (await inProject()).send(envelope),
    sendFile: async (file) => (await inProject()).sendFile(file),
  };
}

function keep(messages: readonly KeptMessage[]): void {
  const isFirstFailure = unkept.length === 0;
  unkept.push(...messages);
  try {
    outbox.append(unkept);
    unkept = [];
  } catch (thrown) {
    if (isFirstFailure) fail(thrown);
  }
  if (state === 'arrived') state = 'sending';
  wake();
}

/** Keeps what was measured since the last call. */
function keepPoints(): void {
  for (;;) {
    // First the numbers, then the messages: the name of a series was told before the first number of it.
    const { series, steps, values, times } = points.take(POINTS_AT_ONCE);
    for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) take(got.message);
    if (series.length === 0) return;
    const used = [...new Set(series)];
    const placeOf = new Map(used.map((one, place) => [one, place]));
    const message: Points = {
      names: used.map((one) => invariant(names[one], 'the name of a series')),
      series: series.map((one) => invariant(placeOf.get(one), 'the place of a series')),
      steps: steps.map((step) => (Number.isNaN(step) ? null : step)),
      values: values.map(asJson),
      times,
    };
    keep([{ kind: 'points', points: message }]);
  }
}

function asJson(value: number): Points['values'][number] {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return value;
  return value > 0 ? 'Infinity' : '-Infinity';
}

function take(told: Told): void {
  switch (told.kind) {
    case 'chunk':
      points.add(told.chunk);
      return;
    case 'series':
      names.push(told.name);
      return;
    case 'message':
      keep([told.message]);
      return;
    case 'artifact': {
      const copied = copy(told).catch((thrown: unknown) => fail(thrown, told.id));
      copying.add(copied);
      void copied.finally(() => copying.delete(copied));
      return;
    }
    case 'settle':
      void settle(told);
  }
}

/** Copies a file, so that it is kept as it is now; without copying its content where the file system can. */
async function copy({ id, path, name }: Extract<Told, { readonly kind: 'artifact' }>): Promise<void> {
  const to = outbox.newFile();
  await copyFile(path, to, constants.COPYFILE_FICLONE);
  const measured = await measureFile(to);
  keep([{ kind: 'artifact', name, ...measured, file: basename(to) }]);
  say({ kind: 'kept', id, ...measured });
}

async function keepDiff(diff: string): Promise<void> {
  const file = outbox.newFile();
  await writeFile(file, diff, { mode: 0o600 });
  keep([{ kind: 'artifact', name: 'code.diff', ...(await measureFile(file)), file: basename(file) }]);
}

async function settle({ id, waitMs, isLast }: Extract<Told, { readonly kind: 'settle' }>): Promise<void> {
  await Promise.all(copying);
  keepPoints();
  for (const until = Date.now() + waitMs; state !== 'arrived' && Date.now() < until; ) await pauseFor(10);
  const hasArrived = state === 'arrived' && unkept.length === 0;
  if (isLast) {
    isOver = true;
    wake();
    if (hasArrived) outbox.remove();
    await (await host?.catch(() => undefined))?.close();
  }
  say({ kind: 'settled', id, hasArrived });
}

const pauseFor = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until there is something to send, or so long. */
const idle = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });

async function sendWhatComes(): Promise<void> {
  const target = targetOf(data.target);
  const { run, writer } = outbox;
  let failures = 0;
  let mustSendLeft = data.isResumed;
  while (!isOver) {
    try {
      if (mustSendLeft) {
        const waiting = (await sendLeft(run)).find(({ waits }) => waits !== undefined);
        if (waiting) throw new Error(waiting.waits);
        mustSendLeft = false;
      }
      const { messages, refused } = await deliver(outbox, target, true);
      if (messages === 0) await target.send({ run, writer, isAlive: true, messages: [] });
      for (const { code, message } of refused)
        say({
          kind: 'failed',
          error: { code, message, hint: 'It stands among the notes of the run.', details: {} },
        });
      if (failures > 0) failures = 0;
      state = 'arrived';
      await idle(HEARD_EVERY_MS);
    } catch (thrown) {
      if (failures === 0) fail(thrown);
      failures += 1;
      state = 'failing';
      await pauseFor(RETRY_MS[Math.min(failures, RETRY_MS.length) - 1] ?? 0);
    }
  }
}

/** Sends what processes before this one left for the same place; another server's must not see this one's token. */
const sendLeft = (only?: string) =>
  deliverLeft(data.root, (name) => (isDeepStrictEqual(name, data.target) ? targetOf(name) : undefined), only);

setInterval(() => {
  keepPoints();
  if (unkept.length > 0) keep([]);
  if (Atomics.load(data.exit, 0) === 1) void endWithProcess();
}, KEEP_MS);
if (data.diff !== undefined) void copying.add(keepDiff(data.diff));
if (data.systemMs > 0) measureSystem(data.systemMs);
port.on('message', take);
say({ kind: 'ready' });
void sendWhatComes();
void sendLeft();

let isEnding = false;
async function endWithProcess(): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  for (const until = Date.now() + EXIT_MS; state === 'sending' && Date.now() < until; ) await pauseFor(5);
  if (state === 'arrived') outbox.remove();
  Atomics.store(data.exit, 1, state === 'arrived' ? ARRIVED : KEPT);
  Atomics.notify(data.exit, 1);
}

/** Measures the process and its machine: `system/cpu` in cores, memory in bytes. */
function measureSystem(everyMs: number): void {
  let [used, at] = [process.cpuUsage(), performance.now()];
  setInterval(() => {
    const [more, now] = [process.cpuUsage(used), performance.now()];
    const cores = (more.user + more.system) / 1e3 / (now - at);
    [used, at] = [process.cpuUsage(), now];
    const measured = {
      'system/cpu': cores,
      'system/memory': process.memoryUsage.rss(),
      'system/free': freemem(),
    };
    const values = Object.values(measured);
    keep([
      {
        kind: 'points',
        points: {
          names: Object.keys(measured),
          series: values.map((_, place) => place),
          steps: values.map(() => null),
          values,
          times: values.map(() => Date.now()),
        },
      },
    ]);
  }, everyMs);
}
