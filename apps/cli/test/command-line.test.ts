import { execFile, execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure, makeProject, type Project, start, trestle, vega } from './trestle.test.setup.ts';

const bin = fileURLToPath(new URL('../bin/trestle.js', import.meta.url));
const shell = promisify(execFile);

describe('the command line', () => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject();
    await project.run('data', 'add', vega('penguins.json'), '--name', 'penguins');
  });
  afterAll(() => project.remove());

  it('prints one document with --json, and nothing else on standard output', async () => {
    const { code, stdout, stderr } = await project.run('data', 'show', 'penguins', '--json');
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ dataset: 'penguins' });
  });

  it('prints an error for a person on standard error, and as a document with --json', async () => {
    const person = await project.run('data', 'show', 'penguin');
    expect(person.stdout).toBe('');
    expect(person.stderr).toMatch(
      /✗ There is no dataset "penguin"\. Did you mean "penguins"\?\n.+\n.+TRS_DATA_UNKNOWN/,
    );
    const machine = await project.run('data', 'show', 'penguin', '--json');
    expect([machine.code, machine.stderr]).toEqual([2, '']);
    expect(JSON.parse(machine.stdout)).toMatchObject({
      error: {
        code: 'TRS_DATA_UNKNOWN_DATASET',
        message: expect.any(String),
        hint: expect.any(String),
        details: expect.any(Object),
      },
    });
  });

  it('finds the project in the nearest folder upward, and takes --project instead', async () => {
    const below = project.path('a/b');
    await mkdir(below, { recursive: true });
    const here = await trestle(['data', 'list', '--json'], { cwd: below });
    expect(JSON.parse(here.stdout).datasets).toHaveLength(1);
    const there = await trestle(['data', 'list', '--json', '--project', project.dir], { cwd: '/' });
    expect(JSON.parse(there.stdout).datasets).toHaveLength(1);
    const other = await trestle(['data', 'list', '--json', '--project', below], { cwd: project.dir });
    expect(JSON.parse(other.stdout).error.code).toBe('TRS_KERNEL_NO_PROJECT');
  });

  it.each([
    ['an unknown flag', ['data', 'add', 'x.csv', '--nme', 'x'], 'TRS_CLI_USAGE', '"--name"'],
    ['a flag without its value', ['data', 'add', 'x.csv', '--name'], 'TRS_CLI_USAGE', '--name'],
    ['a flag that is missing', ['train', '--data', 'penguins'], 'TRS_CLI_USAGE', '--target'],
    ['an argument that is missing', ['data', 'add', '--name', 'x'], 'TRS_CLI_USAGE', 'PATH'],
    ['an argument too many', ['data', 'show', 'a', 'b'], 'TRS_CLI_USAGE', '"b"'],
    ['a choice that there is not', ['monitor', 'alerts', '--state', 'shut'], 'TRS_CLI_USAGE', 'resolved'],
    ['a number that is none', ['run', 'list', '--limit', 'ten'], 'TRS_KERNEL_INPUT_INVALID', 'limit'],
    ['an unknown command', ['dta', 'list'], 'TRS_CLI_UNKNOWN_COMMAND', '"data list"'],
    ['an unknown verb', ['data', 'lst'], 'TRS_CLI_UNKNOWN_COMMAND', '"data list"'],
    ['a reference that is none', ['data', 'show', 'a@b@c'], 'TRS_REFERENCE_INVALID', 'a@b@c'],
  ])('refuses %s with exit code 2 and says what was meant', async (_, args, code, said) => {
    const refused = await failure(project, ...args);
    expect(refused).toMatchObject({ exit: 2, code });
    expect(refused.message).toContain(said);
    expect(refused.hint).toContain(
      'trestle'.slice(0, refused.code === 'TRS_REFERENCE_INVALID' ? 0 : undefined),
    );
  });

  it.each([
    [['--strategy', 'imediate'], 'TRS_SERVING_STRATEGY_UNKNOWN', 'Did you mean "immediate"?'],
    [['--traffic', '10'], 'TRS_SERVING_STRATEGY_OPTION', '"traffic"'],
  ])('refuses "trestle deploy m %s" by what it does not know', async (args, code, said) => {
    const refused = await failure(project, 'deploy', 'm', ...args);
    expect(refused).toMatchObject({ exit: 2, code });
    expect(refused.message).toContain(said);
  });

  it('helps without arguments, with --help, and for a topic and a command, with examples', async () => {
    for (const args of [[], ['--help']]) {
      const { code, stdout } = await trestle(args, { cwd: project.dir });
      expect([code, stdout]).toEqual([0, expect.stringContaining('trestle init')]);
    }
    expect((await trestle(['data', '--help'])).stdout).toContain('data validate');
    expect((await trestle(['train', '--help'])).stdout).toMatch(/EXAMPLES\n\s+\$ trestle train --data/);
  });

  it('ends quietly when nobody reads on', async () => {
    const line = `"${process.execPath}" "${bin}" data profile penguins --json | head -1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await shell('bash', ['-c', line], { cwd: project.dir });
    expect([stdout, stderr]).toEqual(['{\n0\n', '']);
  });

  it('says which Node it needs, rather than fail somewhere inside', async () => {
    const older = `data:text/javascript,${encodeURIComponent("Object.defineProperty(process.versions, 'node', { value: '20.20.2' })")}`;
    const args = ['--import', older, bin, 'data', 'list', '--json'];
    const failed = await shell(process.execPath, args).catch((thrown: unknown) => thrown);
    expect(failed).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(String((failed as { stdout: string }).stdout)).error.code).toBe('TRS_CLI_NODE_TOO_OLD');
  });

  it('loads no command to tell its version', async () => {
    const { stdout } = await trestle(['--version']);
    expect(stdout).toMatch(/^@trestle\/cli\/\d+\.\d+\.\d+ /);
    // Without its compiled files there would be nothing to load.
    const probe =
      "import('node:module').then((m) => m.registerHooks({ load: (url, context, next) => { if (url.includes('/dist/')) throw new Error(url); return next(url, context); } }))";
    const hook = `data:text/javascript,${encodeURIComponent(`await ${probe}`)}`;
    expect((await shell(process.execPath, ['--import', hook, bin, '--version'])).stdout).toBe(stdout);
    await expect(shell(process.execPath, ['--import', hook, bin, 'data', 'list'])).rejects.toThrow('/dist/');
  });

  it('does not wait for a terminal when there is none', async () => {
    const { code } = await start(['predict', 'nobody', '--input', '-'], { cwd: project.dir, input: '' })
      .ended;
    expect(code).not.toBe(0);
  });
});

const hasScript = (() => {
  try {
    execFileSync('script', ['--version'], { stdio: 'pipe' });
    return true;
  } catch {
    process.stderr.write(
      'The terminal tests of command-line.test.ts are skipped: there is no "script" here.\n',
    );
    return false;
  }
})();

describe.skipIf(!hasScript)('on a terminal', () => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject();
    await project.run('data', 'add', vega('movies.json'), '--name', 'movies');
  });
  afterAll(() => project.remove());

  const onTerminal = async (columns: number, args: string, env: Record<string, string> = {}) => {
    const line = `stty cols ${columns}; "${process.execPath}" "${bin}" ${args}`;
    const { stdout } = await shell('script', ['-qec', line, '/dev/null'], {
      cwd: project.dir,
      env: { PATH: process.env.PATH, HOME: project.dir, TERM: 'xterm-256color', ...env },
    });
    return stdout;
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is looked for
  const COLOUR = /\u001b\[\d+(;\d+)*m/g;

  it.each([80, 120])('nothing is wider than %d columns', async (columns) => {
    for (const args of ['data profile movies', 'data list', 'audit log', 'plugin list', 'job list']) {
      const text = (await onTerminal(columns, args)).replace(COLOUR, '');
      expect(text.split(/[\r\n]+/).filter((line) => [...line].length > columns)).toEqual([]);
    }
  });

  it('what a row is called is whole, so that it can be typed', async () => {
    expect(await onTerminal(120, 'job list')).toMatch(/j-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/);
  });

  it('is in colour there, and not with NO_COLOR or into a pipe', async () => {
    expect(await onTerminal(80, 'data list')).toMatch(COLOUR);
    expect(await onTerminal(80, 'data list', { NO_COLOR: '1' })).not.toMatch(COLOUR);
    expect((await project.run('data', 'list')).stdout).not.toMatch(COLOUR);
  });

  it('leaves nothing of its progress behind', async () => {
    const text = await onTerminal(80, `data add "${vega('flights-3m.parquet')}" --name flights`);
    const [before = '', after = ''] = text.split('✓');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the line is erased with this
    expect(before.replace(COLOUR, '')).toMatch(/^$|\r\u001b\[2K$/);
    expect(after).toContain('3,000,000 rows');
  });
});
