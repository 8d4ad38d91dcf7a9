import type { LoggedPrediction } from '@trestle/contracts';
import { describe, expect, it } from 'vitest';
import { bufferedLog } from './buffered-log.ts';

const entry = (id: string, rows = 1): LoggedPrediction => ({
  id,
  deployment: 'd',
  revision: 1,
  model: { name: 'm', version: 1 },
  time: '2026-01-01T00:00:00.000Z',
  latencyMs: 1,
  count: rows,
  inputs: JSON.stringify(Array.from({ length: rows }, () => ({}))),
  outputs: JSON.stringify(Array.from({ length: rows }, () => ({}))),
  imputed: 0,
});
const silent = { debug: () => {}, info: () => {}, warn: () => {} };

function open(options: { bufferRows?: number; write?: (ids: string[]) => Promise<void> } = {}) {
  const written: string[] = [];
  const groups: number[] = [];
  const log = bufferedLog({
    bufferRows: options.bufferRows ?? 1_000,
    flushEveryMs: 5,
    log: silent,
    write: async (entries) => {
      await options.write?.(entries.map((each) => each.id));
      groups.push(entries.length);
      written.push(...entries.map((each) => each.id));
    },
  });
  return { log, written, groups };
}

describe('bufferedLog', () => {
  it('writes what was appended in one group, in order, a moment later', async () => {
    const { log, written, groups } = open();
    for (const id of ['a', 'b', 'c']) log.append(entry(id));
    expect(written).toEqual([]);
    await expect.poll(() => written).toEqual(['a', 'b', 'c']);
    expect(groups).toEqual([3]);
  });

  it('has everything written when flush returns, also what came during another flush', async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { log, written } = open({ write: () => gate });
    log.append(entry('a'));
    const first = log.flush();
    log.append(entry('b'));
    const second = log.flush();
    release();
    await Promise.all([first, second]);
    expect(written).toEqual(['a', 'b']);
  });

  it('drops the oldest entries when it is full, and counts them', async () => {
    const { log, written } = open({ bufferRows: 5 });
    for (const id of ['a', 'b', 'c', 'd']) log.append(entry(id, 2));
    expect(log.dropped()).toBe(2);
    await log.flush();
    expect(written).toEqual(['c', 'd']);
  });

  it('keeps entries whose write failed, and writes them later without being asked again', async () => {
    let failures = 1;
    const { log, written } = open({
      write: async () => {
        if (failures-- > 0) throw new Error('disk full');
      },
    });
    log.append(entry('a'));
    await expect(log.flush()).rejects.toThrow('disk full');
    log.append(entry('b'));
    await expect.poll(() => written, { timeout: 3_000 }).toEqual(['a', 'b']);
    expect(log.dropped()).toBe(0);
  });

  it('stays bounded while nothing can be written', async () => {
    const { log } = open({ bufferRows: 10, write: () => Promise.reject(new Error('disk full')) });
    for (let k = 0; k < 100; k++) {
      log.append(entry(`e${k}`));
      if (k % 10 === 0) await log.flush().catch(() => {});
    }
    expect(log.dropped()).toBe(90);
  });

  it('writes the rest when it is closed', async () => {
    const { log, written } = open();
    log.append(entry('a'));
    await log.close();
    expect(written).toEqual(['a']);
  });
});
