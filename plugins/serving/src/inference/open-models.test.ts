import type { Model } from '@trestle/model';
import { describe, expect, it } from 'vitest';
import { openModels } from './open-models.ts';

/** Models that take so many bytes, most of them for a run. */
function thread() {
  const events: string[] = [];
  const models = openModels(async (key) => {
    if (key === 'broken') throw new Error('broken');
    events.push(`open ${key}`);
    return {
      verify: async () => {
        events.push(`warm ${key}`);
      },
      memory: () => ({ weights: 300_000, run: 500_000 }),
      close: async () => {
        events.push(`close ${key}`);
      },
    } as unknown as Model;
  });
  const use = async (key: string, { budget = 2_000_000, isPinned = false } = {}) => {
    await models.modelOf(key, key, isPinned);
    await models.settle(key, budget);
  };
  return { models, use, events };
}

describe('the models of a thread', () => {
  it('are opened once, and warmed up before they answer', async () => {
    const { use, events } = thread();
    await use('a');
    await use('a');
    expect(events).toEqual(['open a', 'warm a']);
  });

  it('stay within the budget, counted with the most that a run takes: the one that was not used the longest goes', async () => {
    const { models, use, events } = thread();
    for (const key of ['a', 'b', 'a', 'c']) await use(key);
    expect(events.filter((event) => event.startsWith('close'))).toEqual(['close b']);
    expect(models.residence()).toMatchObject({ models: { a: 1_000_000, c: 1_000_000 }, evicted: 1 });
    expect(models.residence()).toBeUndefined();
  });

  it('stay when they are pinned, and one that is larger than the budget is served alone', async () => {
    const { models, use } = thread();
    await use('a', { isPinned: true });
    await use('b');
    await use('c');
    expect(Object.keys(models.residence()?.models ?? {})).toEqual(['a', 'c']);
    await use('d', { budget: 10 });
    expect(Object.keys(models.residence()?.models ?? {})).toEqual(['a', 'd']);
  });

  it('are forgotten when that is asked for, and opened again by whoever asks', async () => {
    const { models, use, events } = thread();
    await use('a');
    models.forget('a');
    await use('a');
    expect(events.filter((event) => event.startsWith('open'))).toHaveLength(2);
  });

  it('that could not be opened are tried again', async () => {
    const { models } = thread();
    for (let n = 0; n < 2; n++) await expect(models.modelOf('broken', 'x', false)).rejects.toThrow('broken');
    expect(models.residence()?.models ?? {}).toEqual({});
  });

  it('are a thousand in the memory of two', async () => {
    const { models, use } = thread();
    for (let n = 0; n < 1_000; n++) await use(`m${n}`);
    expect(models.residence()).toMatchObject({ models: { m998: 1_000_000, m999: 1_000_000 }, evicted: 998 });
  });
});
