import { execFile } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Guide, openGuide } from './guide.test.setup.ts';

const run = promisify(execFile);

describe('the guide to writing a plugin', () => {
  let guide: Guide;
  beforeAll(async () => {
    guide = await openGuide('guides/write-a-plugin.md');
  });
  afterAll(() => guide.remove());

  it('has types that hold', async () => {
    expect(await guide.types(['tides/index.ts', 'tides/index.test.ts'])).toBe('');
  });

  it('has a test that passes', async () => {
    const test = join(guide.dir, 'tides', 'index.test.ts');
    const { stdout } = await run(process.execPath, ['--test', test], { cwd: guide.dir });
    expect(stdout).toMatch(/pass 1\n/);
  });

  it('has commands that print what it says', async () => {
    expect(await guide.printed()).toMatch(guide.says);
  });

  it('has a schedule that calls its operation, whose event reaches its subscriber', async () => {
    const { default: tides } = await import(pathToFileURL(join(guide.dir, 'tides', 'index.ts')).href);
    const [hourly] = tides.schedules;
    const lines: string[] = [];
    const log = {
      debug() {},
      warn() {},
      info: (message: string, facts?: object) => void lines.push(message + JSON.stringify(facts)),
    };
    const project = await temporaryProject();
    const host = await project.open([{ ...tides, schedules: [{ ...hourly, every: 50 }] }], { log });
    await host.start();
    await expect.poll(() => lines, { timeout: 10_000 }).toContain('the water was checked{"by":"system"}');
    await project.remove();
  });
});
