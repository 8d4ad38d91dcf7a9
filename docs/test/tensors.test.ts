import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const guide = readFileSync(join(root, 'docs', 'guides', 'tensors.md'), 'utf8');
/** `text like` is output that says how work is fused: it may change, but not its form. */
const examples = [...guide.matchAll(/```ts\n(.*?)```\s*```text( like)?\n(.*?)```/gs)].map(
  ([, code = '', like, output = ''], index) => ({
    number: index + 1,
    code,
    output,
    isLike: like !== undefined,
  }),
);

/** What an example prints, on either stream, in the order in which it does. */
async function printed(file: string, cwd: string): Promise<string> {
  const child = spawn(process.execPath, [file], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (text += part));
  const code = await new Promise((resolve) => child.on('close', resolve));
  return code === 0 ? text : `${text}\nended with ${code}`;
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** `…` stands for anything. */
const asPattern = (output: string): RegExp =>
  new RegExp(`^${output.trim().split('…').map(escaped).join('.*')}$`);

/** The first words of the lines that are not indented. */
const headings = (text: string): string[] => [...new Set(text.match(/^\w+/gm) ?? [])];

describe('the guide to tensors', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-tensors-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('shows something of every part', () => expect(examples.length).toBe(guide.split('```ts').length - 1));

  it.each(examples)('prints what it says: example $number', async ({ number, code, output, isLike }) => {
    // In the package's folder, so that its import is found as a user's is.
    const file = join(root, 'packages', 'core', `.guide-${process.pid}-${number}.ts`);
    try {
      await writeFile(file, code);
      const text = (await printed(file, dir)).trim();
      if (isLike) expect(headings(text)).toEqual(headings(output));
      else expect(text).toMatch(asPattern(output));
    } finally {
      await rm(file, { force: true });
    }
  });
});
