import { afterAll, describe, expect, it } from 'vitest';
import { type Guide, openGuide } from './guide.test.setup.ts';

describe('the guide to alerts', () => {
  let guide: Guide;
  afterAll(async () => {
    await guide.remove();
  });

  it('is so: its commands print what it says', async () => {
    guide = await openGuide('guides/alerts.md');
    expect(await guide.printed()).toMatch(guide.says);
  });
});
