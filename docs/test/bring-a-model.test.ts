import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from './guide.test.setup.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'apps', 'cli', 'bin', 'trestle.js');

/** What the Python of the guide writes: models of XGBoost, scikit-learn and PyTorch that are made once, with what these answer. */
const fixturesOf = async (name: string) =>
  JSON.parse(await readFile(join(root, 'packages', 'formats', 'src', 'fixtures', name), 'utf8'));

describe('the guide to a model from Python', () => {
  let dir: string;
  let port: number;
  let server: ReturnType<typeof spawn> | undefined;
  const env = { ...process.env, TRESTLE_STORE__RESERVE_BYTES: '0' };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-guide-'));
    port = await freePort();
    const models = await fixturesOf('foreign-models.json');
    const texts = await fixturesOf('text-models.json');
    const churn = models['xgboost json'];
    const files: Record<string, string> = {
      'churn.json': churn.files['model.json'],
      ...models['scikit-learn pipeline'].files,
      ...models['pytorch with external data'].files,
      ...Object.fromEntries(
        Object.entries(texts['sentence encoder'].files).map(([path, content]) => [
          `sentences/${path}`,
          String(content),
        ]),
      ),
      'model.pkl': Buffer.of(0x80, 4, 0x95).toString('base64'),
    };
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), Buffer.from(content, 'base64'));
    }
    const rows = churn.rows.map((row: object, at: number) =>
      JSON.stringify({ ...row, ...churn.answers[at] }),
    );
    await writeFile(join(dir, 'expected.jsonl'), rows.join('\n'));
    await writeFile(join(dir, 'trestle.config.js'), 'export default {};\n');
  });
  afterAll(async () => {
    server?.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true });
  });

  /** Runs a line of the guide as a user types it; the server stays up. */
  async function type(line: string): Promise<string> {
    const typed = line
      .replaceAll('7070', String(port))
      .replaceAll(/(^|\| )trestle/g, `$1"${process.execPath}" "${bin}"`);
    if (!line.startsWith('trestle serve'))
      return (await promisify(execFile)('bash', ['-c', typed], { cwd: dir, env })).stdout;
    server = spawn('bash', ['-c', `exec ${typed}`], { cwd: dir, env, stdio: ['ignore', 'pipe', 'inherit'] });
    if (server.stdout) await once(server.stdout, 'data');
    return '';
  }

  it('has commands that print what it says', async () => {
    const guide = await readFile(join(root, 'docs', 'guides', 'bring-a-model.md'), 'utf8');
    const parts = [...guide.matchAll(/```sh\n(.*?)```\s*```text\n(.*?)```/gs)];
    expect(parts.length).toBe(5);
    for (const [, commands = '', output = ''] of parts) {
      let printed = '';
      for (const line of commands.trim().split('\n')) printed += `${(await type(line)).trim()}\n`;
      // `…` stands for anything, also at the end.
      expect(printed.trim()).toMatch(
        new RegExp(
          `^${output
            .trim()
            .split('…')
            .map((part) => escaped(part.trim()))
            .join('.*')}`,
          's',
        ),
      );
    }
  });

  it('ends with a model that is refused with what to do', async () => {
    const typed = `"${process.execPath}" "${bin}" model register model.pkl --name old --json`;
    const { stdout } = await promisify(execFile)('bash', ['-c', `${typed} || true`], { cwd: dir, env });
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'TRS_FORMATS_REFUSED', hint: expect.stringContaining('skl2onnx') },
    });
  });
});

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
