import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { plugin } from '../plugin/plugin.ts';
import type { Host } from './host.ts';
import { type MemoryPorts, memoryLog, memoryPorts } from './memory-ports.test.setup.ts';
import { openHost } from './open-host.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

describe('scheduled work', () => {
  let dir: string;
  let ports: MemoryPorts;
  const hosts: Host[] = [];
  const log = memoryLog();
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-schedule-'));
    ports = memoryPorts();
    log.lines.length = 0;
    vi.useFakeTimers({
      now: new Date('2026-01-31T09:30:00'),
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
    });
  });
  afterEach(async () => {
    const closed = Promise.all(hosts.splice(0).map((host) => host.close()));
    await vi.advanceTimersByTimeAsync(HOUR);
    await closed;
    vi.useRealTimers();
    await rm(dir, { recursive: true, force: true });
  });
  /** Another process on the same store, with one schedule. */
  const start = async (every: string | number, work: () => void | Promise<void>): Promise<Host> => {
    const schedules = [{ name: 'tick', every, load: async () => async () => work() }];
    const clock = plugin({ name: 'clock', version: '1.0.0', schedules });
    const host = await openHost({ projectDir: dir, plugins: [ports.plugin, clock], env: {}, log });
    hosts.push(host);
    await host.start({ worker: false });
    return host;
  };
  const now = () => new Date().toLocaleString('sv');

  it('is done again and again, after so many milliseconds', async () => {
    const turns: string[] = [];
    await start(10 * SECOND, () => void turns.push(now()));
    await vi.advanceTimersByTimeAsync(35 * SECOND);
    expect(turns).toEqual(['2026-01-31 09:30:10', '2026-01-31 09:30:20', '2026-01-31 09:30:30']);
  });

  it('is done at the times of a cron line', async () => {
    const turns: string[] = [];
    await start('0 9,10 * * *', () => void turns.push(now()));
    await vi.advanceTimersByTimeAsync(DAY);
    expect(turns).toEqual(['2026-01-31 10:00:00', '2026-02-01 09:00:00']);
  });

  it('waits for a month where a cron line says so, though no timer can wait that long', async () => {
    const turns: string[] = [];
    await start('0 0 15 3 *', () => void turns.push(now()));
    await vi.advanceTimersByTimeAsync(30 * DAY);
    expect(turns).toEqual([]);
    await vi.advanceTimersByTimeAsync(15 * DAY);
    expect(turns).toEqual(['2026-03-15 00:00:00']);
  });

  it('is done by one of several processes, as often as if there were one', async () => {
    const turns: string[] = [];
    await start(60 * SECOND, () => void turns.push(`first ${now().slice(11)}`));
    await vi.advanceTimersByTimeAsync(20 * SECOND);
    await start(60 * SECOND, () => void turns.push(`second ${now().slice(11)}`));
    await vi.advanceTimersByTimeAsync(3 * 60 * SECOND);
    expect(turns).toEqual(['first 09:31:00', 'first 09:32:00', 'first 09:33:00']);
  });

  it('is done by one of several processes that a cron line wakes at the same moment', async () => {
    const turns: string[] = [];
    for (const name of ['first', 'second', 'third']) await start('0 * * * *', () => void turns.push(name));
    await vi.advanceTimersByTimeAsync(3 * HOUR);
    expect(turns).toHaveLength(3);
  });

  it('is taken over when the process that did it is gone', async () => {
    const turns: string[] = [];
    const first = await start(60 * SECOND, () => void turns.push('first'));
    await start(60 * SECOND, () => void turns.push('second'));
    await vi.advanceTimersByTimeAsync(60 * SECOND);
    expect(turns).toEqual(['first']);
    await first.close();
    await vi.advanceTimersByTimeAsync(2 * 60 * SECOND);
    expect(turns).toEqual(['first', 'second', 'second']);
  });

  it('never runs twice at once, however long a turn takes', async () => {
    let running = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 200 * SECOND));
      running--;
    };
    await start(60 * SECOND, work);
    await vi.advanceTimersByTimeAsync(30 * SECOND);
    await start(60 * SECOND, work);
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(most).toBe(1);
  });

  it('that is no cron line is named when the host starts', async () => {
    await expect(start('hourly', () => {})).rejects.toMatchObject({
      code: 'TRS_PLUGIN_INVALID',
      message: 'Plugin "clock": schedule "tick" cannot be used: "hourly" is not a cron line.',
    });
  });

  it('that never comes does nothing', async () => {
    let turns = 0;
    await start('0 0 30 2 *', () => void turns++);
    await vi.advanceTimersByTimeAsync(400 * DAY);
    expect(turns).toBe(0);
  });

  it('goes on after a turn that failed, and says so', async () => {
    let turns = 0;
    await start(SECOND, () => {
      if (++turns === 1) throw new Error('it broke');
    });
    await vi.advanceTimersByTimeAsync(3 * SECOND);
    expect(turns).toBe(3);
    expect(log.lines).toEqual(['scheduled work failed {"schedule":"clock/tick","cause":"Error: it broke"}']);
  });

  it('stops with the host, without waiting for its next turn', async () => {
    let turns = 0;
    const host = await start(HOUR, () => void turns++);
    await host.close();
    await vi.advanceTimersByTimeAsync(3 * HOUR);
    expect(turns).toBe(0);
  });
});
