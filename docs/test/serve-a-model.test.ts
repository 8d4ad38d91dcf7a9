import { describe, expect, it } from 'vitest';
import { typeGuide } from './typed-guide.test.setup.ts';

describe('the guide to serving a model', () => {
  it('has commands that print what it says, and a server that ends as it says', async () => {
    const { blocks, ended } = await typeGuide('guides/serve-a-model.md');
    expect(blocks.length).toBe(9);
    for (const { printed, says } of blocks) expect(printed).toMatch(says);
    expect(ended).toEqual([0, null]);
  });
});
