import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { invariant } from '@trestle/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOutbox, leftOutboxes, type Outbox } from './outbox.ts';

describe('an outbox', () => {
  let root: string;
  let outbox: Outbox;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'trestle-outbox-'));
    outbox = createOutbox(root, 'r-1', { project: '/p' });
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  const note = (text: string) => ({ kind: 'note', text }) as const;
  const texts = (from: Outbox) =>
    from.next().map(({ sequence, message }) => [sequence, message.kind === 'note' ? message.text : '']);
  /** As another process finds it when this one is gone. */
  const found = (): Outbox => {
    const head = {
      run: 'r-1',
      writer: 'w',
      target: { project: '/p' },
      pid: 2 ** 30,
      host: invariant(outbox, 'it').host,
    };
    writeFileSync(join(outbox.dir, 'head.json'), JSON.stringify(head));
    return invariant(leftOutboxes(root)[0], 'what was left');
  };

  it('gives messages in order until they have arrived, and again when nobody said so', () => {
    outbox.append([note('a'), note('b')]);
    outbox.append([note('c')]);
    expect(texts(outbox)).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
    outbox.arrived(2);
    expect(texts(outbox)).toEqual([[3, 'c']]);
    expect(texts(found())).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
    outbox.arrived(3);
    expect(outbox.hasMore()).toBe(false);
  });

  it('passes over a line that was cut off when its process was killed', () => {
    outbox.append([note('a')]);
    const name = invariant(
      readdirSync(outbox.dir).find((one) => one.endsWith('.jsonl')),
      'its file',
    );
    appendFileSync(join(outbox.dir, name), '{"kind":"note","te');
    expect(texts(found())).toEqual([[1, 'a']]);
  });

  it('goes over from one file to the next, and removes those that have arrived', () => {
    const long = 'x'.repeat(9_000);
    for (let part = 0; part < 5; part++) outbox.append(Array.from({ length: 500 }, () => note(long)));
    const files = () => readdirSync(outbox.dir).filter((name) => name.endsWith('.jsonl')).length;
    expect(files()).toBe(2);
    let sequence = 0;
    for (let batch = outbox.next(); batch.length > 0; batch = outbox.next()) {
      for (const one of batch) expect(one.sequence).toBe(++sequence);
      outbox.arrived(sequence);
    }
    expect([sequence, files()]).toEqual([2_500, 1]);
  });

  it('of a process that runs is left alone', () => {
    outbox.append([note('a')]);
    expect(leftOutboxes(root)).toEqual([]);
  });
});
