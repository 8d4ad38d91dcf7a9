import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inputFields } from '@trestle/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flagName } from '../src/command/parameters.ts';
import { openProject } from '../src/open-project.ts';
import { type Document, runAll, start, trestle } from './trestle.test.setup.ts';

/** What there is to be done without a project: it keeps no state. */
const GO_WITHOUT = ['init', 'doctor', 'plugin.list', 'plugin.new', 'operation.list', 'panel.list'];

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trestle-no-project-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const folder = async (name: string): Promise<string> => {
  await mkdir(join(dir, name));
  return join(dir, name);
};

describe('in a folder that is no project', () => {
  it('every operation leaves it as it is, and those that need a project say that there is none', async () => {
    const host = await openProject(dir);
    const operations = [...host.operations.values()].filter(({ beginsProject }) => !beginsProject);
    await host.close();
    const lines = await Promise.all(
      operations.map(async (operation) => {
        const { id, positionals = [] } = operation;
        const sample = new Map(
          inputFields(operation)
            .filter(({ isRequired }) => isRequired)
            .map(({ name, type }) => [name, type === 'integer' ? '1' : 'a=b']),
        );
        if (id === 'plugin.new') sample.set('name', 'tides');
        if (id === 'pipeline.run' || id === 'pipeline.show') sample.set('name', 'nightly');
        const named = positionals.flatMap((name) => sample.get(name) ?? []);
        const flags = [...sample].filter(([name]) => !positionals.includes(name));
        const args = [
          ...id.split('.'),
          ...named,
          ...flags.flatMap(([name, value]) => [`--${flagName(name)}`, value]),
          '--json',
        ];
        return { args, cwd: await folder(id) };
      }),
    );
    const ends = await runAll(lines);
    for (const [index, { id }] of operations.entries()) {
      const { code, stdout, stderr } = ends[index] ?? {};
      const cwd = lines[index]?.cwd ?? '';
      expect([id, existsSync(join(cwd, '.trestle'))]).toEqual([id, false]);
      const said: Document = JSON.parse(stdout ?? '');
      if (GO_WITHOUT.includes(id)) expect([id, code, said.error]).toEqual([id, 0, undefined]);
      else {
        expect([id, code, said.error?.code, stderr]).toEqual([id, 2, expect.stringMatching(/^TRS_/), '']);
        expect(await readdir(cwd)).toEqual([]);
      }
    }
  });

  it.each([
    ['data', 'list'],
    ['data', 'show', 'a'],
    ['train', '--data', 'a', '--target', 'b'],
    ['run', 'list'],
    ['monitor', 'status'],
    ['predict', 'm', '--data', 'a'],
    ['deploy', 'm'],
    ['worker'],
  ])('"trestle %s %s" names the folder, and what to do', async (...args) => {
    const cwd = join(dir, 'elsewhere');
    await mkdir(cwd, { recursive: true });
    const { code, stderr } = await trestle(args, { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(`There is no project in ${cwd}`);
    expect(stderr).toContain('trestle init');
    expect(await readdir(cwd)).toEqual([]);
  });

  it('the first data add begins one, and says so', async () => {
    const cwd = await folder('first');
    await writeFile(join(cwd, 'rows.csv'), 'a\n1\n');
    const add = ['data', 'add', 'rows.csv', '--name', 'rows', '--json'];
    const begun = await trestle(add, { cwd });
    expect([begun.code, JSON.parse(begun.stdout).rows]).toEqual([0, 1]);
    expect(begun.stderr).toBe(`A new project begins in ${cwd}; its state is in ${join(cwd, '.trestle')}.\n`);
    expect((await trestle(add, { cwd })).stderr).toBe('');
    expect(JSON.parse((await trestle(['data', 'list', '--json'], { cwd })).stdout).datasets).toHaveLength(1);
  });

  it('doctor says that there is no project, and is well', async () => {
    const { code, stdout } = await trestle(['doctor', '--json'], { cwd: await folder('ill') });
    const { ok, store, problems } = JSON.parse(stdout);
    expect([code, ok, store.ok]).toEqual([0, true, true]);
    expect(problems.map(({ what }: { what: string }) => what).join()).toContain('There is no project');
  });

  it('a server begins one, and says so', async () => {
    const cwd = await folder('served');
    const server = start(['serve', '--port', '0'], { cwd });
    await server.says(/Listening on/);
    server.child.kill('SIGTERM');
    const { code, stderr } = await server.ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining(`A new project begins in ${cwd}`)]);
  });
});
