import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProject } from '../src/open-project.ts';
import { type Document, runAll, trestle } from './trestle.test.setup.ts';

/** Words of ours that say nothing to whoever reads help. */
const INTERNAL = /\[object |undefined|null\b|NaN|zod|oclif/;

let dir: string;
let commands: readonly string[];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trestle-documents-'));
  const host = await openProject(dir);
  commands = [...[...host.operations.keys()].map((id) => id.replace('.', ' ')), 'serve', 'worker', 'demo'];
  await host.close();
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** The documents that command lines print: one each, and nothing beside it. */
async function documents(lines: readonly (readonly string[])[]): Promise<readonly Document[]> {
  const ends = await runAll(lines.map((args) => ({ args, cwd: dir })));
  return ends.map(({ code, stdout, stderr }, index) => {
    expect([lines[index], code, stderr]).toEqual([lines[index], 0, '']);
    expect(stdout).not.toMatch(INTERNAL);
    return JSON.parse(stdout);
  });
}

describe('with --json one document is printed', () => {
  it('of everything: the topics and commands that there are', async () => {
    const told = await documents([['--json'], ['--help', '--json'], ['--json', '--help']]);
    for (const { topics, commands: listed } of told) {
      expect(listed.map(({ name }: Document) => name)).toEqual([...commands].sort());
      const named = new Set(commands.filter((name) => name.includes(' ')).map((name) => name.split(' ')[0]));
      expect(topics.map(({ name }: Document) => name).sort()).toEqual([...named].sort());
      for (const { summary } of [...topics, ...listed]) expect(summary).not.toBe('');
    }
  });

  it('of every topic', async () => {
    const topics = [
      ...new Set(commands.filter((name) => name.includes(' ')).map((name) => name.split(' ')[0] ?? '')),
    ];
    const told = await documents(
      topics.flatMap((topic) => [
        [topic, '--json'],
        [topic, '--help', '--json'],
      ]),
    );
    for (const [index, { topic, commands: listed }] of told.entries()) {
      expect(topic).toBe(topics[index >> 1]);
      expect(listed.map(({ name }: Document) => name)).toEqual(
        commands.filter((name) => name.startsWith(`${topic} `)).sort(),
      );
    }
  });

  it('of every command, with what it takes', async () => {
    const told = await documents(commands.map((name) => [...name.split(' '), '--help', '--json']));
    expect(told.map(({ command }) => command)).toEqual(commands);
    for (const { summary, flags, arguments: given } of told) {
      for (const text of [summary, ...[...flags, ...given].map((one: Document) => one.summary)]) {
        expect(text).not.toBe('');
      }
    }
    const train = told.find(({ command }) => command === 'train');
    expect(train.flags).toContainEqual(
      expect.objectContaining({ name: '--task', choices: ['auto', 'binary', 'multiclass', 'regression'] }),
    );
    expect(train.flags).toContainEqual(expect.objectContaining({ name: '--target', required: true }));
  });

  it('of the version', async () => {
    const [version] = await documents([
      ['--version', '--json'],
      ['--json', '--version'],
    ]);
    expect(version).toMatchObject({ name: '@trestle/cli', version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    expect(JSON.parse((await trestle(['--version', '--json'])).stdout)).toEqual(version);
  });

  it.each([
    [['nope', '--help'], 'TRS_CLI_UNKNOWN_COMMAND', 'trestle nope'],
    [['data', 'lst', '--help'], 'TRS_CLI_UNKNOWN_COMMAND', 'data list'],
    [['--jsn'], 'TRS_CLI_USAGE', '--json'],
  ])('of what there is not: %j', async (args, code, said) => {
    const [end] = await runAll([{ args: [...args, '--json'], cwd: dir }]);
    const { error } = JSON.parse(end?.stdout ?? '');
    expect([end?.code, error.code, end?.stderr]).toEqual([2, code, '']);
    expect(error.message).toContain(said);
  });
});

describe('for a person', () => {
  it('no help has a word of ours, and global flags may stand in front', async () => {
    const lines = [...commands.map((name) => [...name.split(' '), '--help']), ['--project', dir], ['data']];
    const ends = await runAll(lines.map((args) => ({ args, cwd: dir })));
    for (const [index, { code, stdout, stderr }] of ends.entries()) {
      expect([lines[index], code, stderr]).toEqual([lines[index], 0, '']);
      expect(stdout).toContain('USAGE');
      expect(stdout).not.toMatch(INTERNAL);
    }
    const [listed] = await runAll([{ args: ['--json', '--project', dir, 'plugin', 'list'], cwd: '/' }]);
    expect(JSON.parse(listed?.stdout ?? '').plugins).not.toEqual([]);
  });
});
