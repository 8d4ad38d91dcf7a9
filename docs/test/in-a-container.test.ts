import { afterAll, expect, it } from 'vitest';
import { type Guide, openGuide } from './guide.test.setup.ts';

let guide: Guide;
afterAll(async () => await guide?.remove());

it('the guide to a model in a container is so: its commands print what it says', async () => {
  guide = await openGuide('guides/in-a-container.md');
  expect(await guide.printed()).toMatch(guide.says);
}, 300_000);
