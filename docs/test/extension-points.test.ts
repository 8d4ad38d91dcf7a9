import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Guide, openGuide } from './guide.test.setup.ts';

const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));

describe('a plugin outside the workspace that adds one of each', () => {
  let guide: Guide;
  beforeAll(async () => {
    guide = await openGuide('guides/extension-points.md');
  });
  afterAll(() => guide.remove());

  it('has the types that it says', async () => {
    expect(await guide.types(['tidal/index.ts', 'tidal/executor.ts', 'tidal/contracts.test.ts'])).toBe('');
  });

  it('passes the contract suite of each of its parts', async () => {
    const found = join(guide.dir, 'found.json');
    const args = [vitest, 'run', '--root', guide.dir, '--reporter', 'json', '--outputFile', found];
    // A runner of its own, which is told nothing of the one that it is started from.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')),
    );
    await promisify(execFile)(process.execPath, args, { cwd: guide.dir, env }).catch(() => {});
    const { testResults } = JSON.parse(await readFile(found, 'utf8'));
    const tests: { fullName: string; status: string; failureMessages: string[] }[] = testResults.flatMap(
      (file: { assertionResults: unknown[] }) => file.assertionResults,
    );
    expect(
      tests.filter(({ status }) => status !== 'passed').map((one) => [one.fullName, one.failureMessages]),
    ).toEqual([]);
    const suites = new Set(tests.map(({ fullName }) => /^(.*?) contract/.exec(fullName)?.[1]));
    expect(suites.size).toBe(11);
  });

  it('is used through the commands: each of its parts', async () => {
    expect(await guide.printed()).toMatch(guide.says);
  });
});
