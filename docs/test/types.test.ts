import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

// Each command is a process of its own.
vi.setConfig({ testTimeout: 300_000 });

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'apps', 'cli', 'bin', 'trestle.js');

describe('the guide to types', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-guide-'));
    await writeFile(join(dir, 'trestle.config.json'), '{}');
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  /** Runs a line of the guide as a user types it. */
  const type = async (line: string): Promise<string> => {
    const typed = line.replace(/^trestle/, `"${process.execPath}" "${bin}"`);
    const env = { ...process.env, TRESTLE_STORE__RESERVE_BYTES: '0', COLUMNS: '400' };
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', typed], { cwd: dir, env });
    return `${stdout}${stderr}`;
  };

  it('has files and commands that do what it says', async () => {
    const guide = await readFile(join(root, 'docs', 'guides', 'types.md'), 'utf8');
    const blocks = [...guide.matchAll(/```(csv|sh|text)\n(.*?)```/gs)];
    expect(blocks.map(([, kind]) => kind).join(' ')).toBe('csv sh text sh text');
    let printed = '';
    for (const [, kind, content = ''] of blocks) {
      if (kind === 'csv') {
        const [, name = '', text = ''] = /^\/\/ (\S+)\n(.*)$/s.exec(content) ?? [];
        await writeFile(join(dir, name), text);
      } else if (kind === 'sh') {
        printed = '';
        for (const line of content.trim().split('\n')) printed += `${(await type(line)).trim()}\n`;
      } else {
        // `…` stands for anything.
        expect(printed.trim()).toMatch(
          new RegExp(`^${content.trim().split('…').map(escaped).join('.*')}`, 's'),
        );
      }
    }
  });
});

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
