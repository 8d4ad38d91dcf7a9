import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Guide, openGuide } from './guide.test.setup.ts';

// Each command is a process of its own.
vi.setConfig({ testTimeout: 300_000 });

describe('the guide to logging one’s own training', () => {
  let guide: Guide;
  beforeAll(async () => {
    guide = await openGuide('guides/log-your-own-training.md', 2);
  });
  afterAll(() => guide.remove());

  it('has scripts and commands that do what it says', async () => {
    expect(await guide.types(['train.ts'])).toBe('');
    expect(await guide.printed()).toMatch(guide.says);
  });
});
