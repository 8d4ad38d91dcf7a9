import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import { type Guide, openGuide } from './guide.test.setup.ts';

const MUTATIONS = 20;

describe('the guide to proving the audit log', { timeout: 120_000 }, () => {
  let guide: Guide;
  afterAll(async () => {
    await guide.remove();
  });

  it('is so: its commands print what it says, and its verifier finds what was changed or cut', async () => {
    guide = await openGuide('guides/prove-it.md', 2);
    expect(await guide.printed()).toMatch(guide.says);
  });

  it('has a verifier that finds a change of any byte, and entries that are gone, twice there or moved', async () => {
    const whole = await readFile(join(guide.dir, 'audit.jsonl'));
    const verdict = async (content: Uint8Array): Promise<number | null> => {
      await writeFile(join(guide.dir, 'mutated.jsonl'), content);
      return spawnSync(process.execPath, ['verify-audit.mjs', 'mutated.jsonl'], { cwd: guide.dir }).status;
    };
    expect(await verdict(whole)).toBe(0);
    // Spread over the file, and over the bits.
    for (let n = 0; n < MUTATIONS; n++) {
      const at = Math.floor(((n + 0.5) / MUTATIONS) * whole.length);
      const mutated = Buffer.from(whole);
      mutated[at] = (whole[at] ?? 0) ^ (1 << (n % 7));
      expect([at, await verdict(mutated)]).toEqual([at, 3]);
    }
    const lines = whole.toString('utf8').split('\n').slice(0, -1);
    const [first = '', second = '', ...rest] = lines;
    for (const others of [
      [second, ...rest],
      [first, ...rest],
      [first, first, second, ...rest],
      [second, first, ...rest],
    ])
      expect(await verdict(Buffer.from(`${others.join('\n')}\n`))).toBe(3);
  });
});
