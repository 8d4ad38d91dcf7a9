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

/** What became of 2,000 policies: few claims, more of young drivers; what was paid is known only with the claim. */
function claims(): string {
  let state = 11;
  const next = (): number => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const rows = Array.from({ length: 2_000 }, () => {
    const [age, years] = [18 + Math.floor(60 * next()), Math.floor(20 * next())];
    const isClaim = next() < (age < 27 ? 0.2 : 0.02) + 0.004 * years;
    return [age, years, isClaim ? Math.round(500 + 3_000 * next()) : 0, isClaim ? 'claim' : 'no claim'].join(
      ',',
    );
  });
  return `age,years,paid,outcome\n${rows.join('\n')}\n`;
}

describe('the guide to training', () => {
  let guide: Guide;
  beforeAll(async () => {
    guide = await openGuide('guides/train-a-model.md', 5);
    await writeFile(join(guide.dir, 'flats.csv'), flats());
    await writeFile(join(guide.dir, 'claims.csv'), claims());
  });
  afterAll(() => guide.remove());

  it('has the types that it says', async () => {
    expect(await guide.types(['seven/index.ts', 'trestle.config.ts'])).toBe('');
  });

  it('has commands that print what it says', async () => {
    expect(await guide.printed()).toMatch(guide.says);
  });
});
