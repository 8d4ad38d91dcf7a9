import { afterEach, describe, expect, it } from 'vitest';
import { type Guide, openGuide } from './guide.test.setup.ts';

describe('what docs/develop says', () => {
  let guide: Guide;
  afterEach(() => guide.remove());

  it.each([
    ['add-an-operation.md', 'coins/index.ts'],
    ['add-a-studio-panel.md', 'weather/index.ts'],
    ['add-an-estimator.md', 'alone/index.ts'],
    ['add-a-feature-kind.md', 'magnitude/index.ts'],
    ['add-a-store-adapter.md', 'share/share.ts'],
  ])('of %s is so: its types hold, and its commands print what it says', async (page, entry) => {
    guide = await openGuide(`develop/${page}`);
    expect(await guide.types([entry])).toBe('');
    expect(await guide.printed()).toMatch(guide.says);
  });
});
