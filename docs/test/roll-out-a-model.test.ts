import { describe, expect, it, vi } from 'vitest';
import { typeGuide } from './typed-guide.test.setup.ts';

vi.setConfig({ testTimeout: 180_000 });

describe('the guide to rolling out a model', () => {
  it('has commands that print what it says: a worse version goes, a good one is promoted', async () => {
    const { blocks, ended } = await typeGuide('guides/roll-out-a-model.md');
    expect(blocks.length).toBe(5);
    for (const { printed, says } of blocks) expect(printed).toMatch(says);
    expect(ended).toEqual([0, null]);
  });
});
