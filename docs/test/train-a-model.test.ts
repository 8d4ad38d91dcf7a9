import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Guide, openGuide } from './guide.test.setup.ts';

// Each command is a process of its own.
vi.setConfig({ testTimeout: 300_000 });

/** What 600 flats cost: an area's price, a district's, and stairs where there is no lift. */
function flats(): string {
  let state = 7;
  const next = (): number => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const districts = Object.entries({ Harbour: 250, Hill: 400, Market: -80, Park: 300, Station: -150 });
  const rows = Array.from({ length: 600 }, () => {
    const [district, more] = districts[Math.floor(next() * districts.length)] ?? ['', 0];
    const [area, floor, lift] = [Math.round(25 + 90 * next()), Math.floor(9 * next()), next() < 0.5];
    const stairs = lift || floor < 3 ? 0 : 40 * (floor - 2);
    const rent = Math.round(9 * area + more - stairs + 60 * next());
    return [district, next() < 0.1 ? '' : area, next() < 0.05 ? '' : floor, lift, rent].join(',');
  });
  return `district,area,floor,lift,rent\n${rows.join('\n')}\n`;
}

describe('the guide to training', () => {
  let guide: Guide;
  beforeAll(async () => {
    guide = await openGuide('guides/train-a-model.md');
    await writeFile(join(guide.dir, 'flats.csv'), flats());
  });
  afterAll(() => guide.remove());

  it('has commands that print what it says', async () => {
    expect(await guide.printed()).toMatch(guide.says);
  });
});
