import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogEvent } from '../event/journal.ts';
import { plugin, type Subscriber } from '../plugin/plugin.ts';
import type { Host } from './host.ts';
import { type MemoryPorts, memoryLog, memoryPorts } from './memory-ports.test.setup.ts';
import { openHost } from './open-host.ts';

type Handle = (event: LogEvent, signal: AbortSignal) => void | Promise<void>;

describe('a subscriber', () => {
  let dir: string;
  let ports: MemoryPorts;
  const hosts: Host[] = [];
  const log = memoryLog();
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-events-'));
    ports = memoryPorts();
    log.lines.length = 0;
  });
  afterEach(async () => {
    for (const host of hosts.splice(0)) await host.close();
    await rm(dir, { recursive: true, force: true });
  });
  /** Another process on the same store, with one subscriber. */
  const start = async (handle: Handle, types = ['thing.*']): Promise<Host> => {
    const subscriber: Subscriber = {
      name: 'on',
      types,
      load: async () => async (ctx, event) => handle(event, ctx.signal),
    };
    const listener = plugin({ name: 'listener', version: '1.0.0', subscribers: [subscriber] });
    const host = await openHost({ projectDir: dir, plugins: [ports.plugin, listener], env: {}, log });
    hosts.push(host);
    await host.start({ worker: false });
    return host;
  };
  const tell = async (...types: string[]) => {
    for (const type of types) await ports.tell(type);
  };

  it('is woken by an event, and asks the log for nothing meanwhile', async () => {
    const got: string[] = [];
    await start((event) => void got.push(event.type));
    let reads = 0;
    const { read } = ports.journal;
    ports.journal.read = (query) => {
      reads += 1;
      return read(query);
    };
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(reads).toBe(0);
    await tell('thing.a');
    await expect.poll(() => got).toEqual(['thing.a']);
  });

  it('gets every event of its types, in order', async () => {
    const got: string[] = [];
    await tell('thing.a', 'other.b', 'thing.c');
    await start((event) => void got.push(event.type));
    await tell('thing.d', 'thingy', 'other.e', 'thing.f');
    await expect.poll(() => got).toEqual(['thing.a', 'thing.c', 'thing.d', 'thing.f']);
  });

  it.each([
    [['thing.made'], ['thing.made']],
    [['*'], ['thing.made', 'thing.made.again', 'other']],
    [
      ['thing.*', 'other'],
      ['thing.made', 'thing.made.again', 'other'],
    ],
  ])('with the types %j gets %j', async (types, expected) => {
    const got: string[] = [];
    await tell('thing.made', 'thing.made.again', 'other');
    await start((event) => void got.push(event.type), types);
    await expect.poll(() => got).toEqual(expected);
  });

  it('goes on where it was after a restart', async () => {
    const got: number[] = [];
    await tell('thing.a', 'thing.b');
    const first = await start((event) => void got.push(event.seq));
    await expect.poll(() => got).toEqual([1, 2]);
    await first.close();
    await tell('thing.c');
    await start((event) => void got.push(event.seq));
    await expect.poll(() => got).toEqual([1, 2, 3]);
  });

  it('gets an event again that it was at when the process stopped: at least once', async () => {
    const got: string[] = [];
    await tell('thing.a', 'thing.b');
    const first = await start(async (event, signal) => {
      got.push(`first ${event.seq}`);
      if (event.seq === 2) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    await expect.poll(() => got).toContain('first 2');
    await first.close();
    await start((event) => void got.push(`second ${event.seq}`));
    await expect.poll(() => got).toEqual(['first 1', 'first 2', 'second 2']);
  });

  it('gets an event again when it failed, before the ones behind it', async () => {
    const got: string[] = [];
    let fails = 2;
    await tell('thing.a', 'thing.b');
    await start((event) => {
      got.push(event.type);
      if (event.type === 'thing.a' && fails-- > 0) throw new Error('not yet');
    });
    await expect.poll(() => got).toEqual(['thing.a', 'thing.a', 'thing.a', 'thing.b']);
  });

  it('passes over an event that always fails, and says so', async () => {
    const got: string[] = [];
    await tell('thing.poison', 'thing.b');
    await start((event) => {
      got.push(event.type);
      if (event.type === 'thing.poison') throw new Error('never');
    });
    await expect.poll(() => got.at(-1), { timeout: 10_000 }).toBe('thing.b');
    expect(got).toEqual([...new Array(5).fill('thing.poison'), 'thing.b']);
    expect(log.lines).toContain('an event is passed over {"subscriber":"listener/on","event":1}');
  });

  it('passes over an event that cannot be read, and goes on', async () => {
    const got: number[] = [];
    const { read } = ports.journal;
    ports.journal.read = async (query) =>
      (await read(query)).map((event) => (event.seq === 1 ? { ...event, unreadable: 'damaged' } : event));
    await tell('thing.a');
    await tell('thing.b');
    await start((event) => void got.push(event.seq));
    await expect.poll(() => got, { timeout: 5_000 }).toEqual([2]);
    expect(log.lines).toContain(
      'an event that cannot be read is passed over {"subscriber":"listener/on","event":1}',
    );
  });

  it('is served by one process at a time, and by the next when that one stops', async () => {
    const got: string[] = [];
    const first = await start((event) => void got.push(`first ${event.seq}`));
    await tell('thing.a');
    await expect.poll(() => got).toEqual(['first 1']);
    await start((event) => void got.push(`second ${event.seq}`));
    await tell('thing.b');
    await expect.poll(() => got).toEqual(['first 1', 'first 2']);
    await first.close();
    await tell('thing.c');
    await expect.poll(() => got).toEqual(['first 1', 'first 2', 'second 3']);
  });

  it('goes on when the log could not be read for a while', async () => {
    const got: number[] = [];
    const { read } = ports.journal;
    let fails = 2;
    ports.journal.read = (query) => (fails-- > 0 ? Promise.reject(new Error('locked')) : read(query));
    await tell('thing.a');
    await start((event) => void got.push(event.seq));
    await expect.poll(() => got, { timeout: 5_000 }).toEqual([1]);
  });

  it('that cannot be loaded is named when the host starts, and nothing runs then', async () => {
    const broken = plugin({
      name: 'broken',
      version: '1.0.0',
      subscribers: [{ name: 'on', types: ['*'], load: () => Promise.reject(new Error('no such module')) }],
    });
    const host = await openHost({ projectDir: dir, plugins: [ports.plugin, broken], env: {}, log });
    hosts.push(host);
    await expect(host.start({ worker: false })).rejects.toMatchObject({
      code: 'TRS_PLUGIN_BROKEN',
      message: 'Plugin "broken": subscriber "on" cannot be loaded: no such module',
    });
  });
});
