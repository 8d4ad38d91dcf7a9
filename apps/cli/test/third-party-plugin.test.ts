import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createClient } from '@trestle/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const bin = join(root, 'apps', 'cli', 'bin', 'trestle.js');
const require = createRequire(import.meta.url);
const CANARY = 'canary-7f3a9';

/** A package as somebody else publishes it: JavaScript, of which this repository knows nothing. */
const SCALES = `
import { configSection, operation, plugin, secret, TrestleError } from '@trestle/kernel';
import { z } from 'zod';

const config = configSection('scales', z.object({ unit: z.string().default('g'), licence: secret().optional() }));

export const weigh = operation({
  id: 'scales.weigh',
  summary: 'Weigh something.',
  kind: 'command',
  access: 'scales:write',
  input: z.object({
    grams: z.number().positive().describe('how heavy it is'),
    label: z.string().default('thing'),
    pin: secret().optional(),
  }),
  positionals: ['grams'],
  output: z.object({ shown: z.string() }),
  load: async () => async (ctx, { grams, label }) => {
    if (grams > 1000) throw new TrestleError('TRS_SCALES_HEAVY', { kind: 'refused', message: 'Too heavy.', hint: 'Halve it.' });
    if (grams === 13) throw new Error('jammed');
    return { shown: label + ': ' + grams + ' ' + ctx.config(config).unit };
  },
  present: ({ shown }) => [{ kind: 'note', tone: 'good', text: shown }],
});

export default plugin({ name: 'scales', version: '2.1.0', config, operations: [weigh] });
`;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('a plugin of a third party, named in the configuration', () => {
  let dir: string;
  let url: string;
  let stop = async (): Promise<void> => {};
  const trestle = (args: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
    new Promise((resolve) => {
      execFile(
        process.execPath,
        [bin, ...args],
        { cwd: dir, env: { ...process.env, ...env } },
        (error, stdout, stderr) =>
          resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
      );
    });
  const install = async (name: string, source: string): Promise<string> => {
    const folder = join(dir, 'node_modules', name);
    await mkdir(folder, { recursive: true });
    const manifest = { name, version: '2.1.0', type: 'module', exports: './index.js' };
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
    await writeFile(join(folder, 'index.js'), source);
    return join(folder, 'index.js');
  };
  const configure = (plugins: readonly string[]) =>
    writeFile(
      join(dir, 'trestle.config.json'),
      JSON.stringify({ plugins, scales: { unit: 'gram', licence: CANARY }, store: { reserveBytes: 0 } }),
    );

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-third-party-'));
    await mkdir(join(dir, 'node_modules', '@trestle'), { recursive: true });
    await symlink(join(root, 'packages', 'kernel'), join(dir, 'node_modules', '@trestle', 'kernel'));
    await symlink(dirname(require.resolve('zod/package.json')), join(dir, 'node_modules', 'zod'));
    await install('trestle-scales', SCALES);
    await configure(['trestle-scales']);
    const server = spawn(process.execPath, [bin, 'serve', '--port', '0', '--json'], {
      cwd: dir,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(server.stdout.setEncoding('utf8'), 'data');
    ({ url } = JSON.parse(String(line)));
    stop = async () => {
      server.kill();
      if (server.exitCode === null) await once(server, 'exit');
    };
  }, 60_000);
  afterAll(async () => {
    await stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('is listed with what it adds', async () => {
    const { stdout } = await trestle(['plugin', 'list', '--json']);
    expect(JSON.parse(stdout).plugins.at(-1)).toMatchObject({
      name: 'scales',
      version: '2.1.0',
      config: 'scales',
      operations: ['scales.weigh'],
    });
  });

  it('is a command: with its arguments, flags, help, JSON and a view for people', async () => {
    expect(await trestle(['scales', 'weigh', '5', '--label', 'egg', '--json'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('{\n  "shown": "egg: 5 gram"\n}'),
    });
    expect((await trestle(['scales', 'weigh', '5'])).stdout).toMatch(/thing: 5 gram/);
    const help = (await trestle(['scales', 'weigh', '--help'])).stdout;
    expect(help).toContain('Weigh something.');
    expect(help).toContain('how heavy it is');
    expect(help).toContain('--label');
  });

  it('is a route', async () => {
    const response = await fetch(`${url}/api/v1/scales/weigh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grams: 6 }),
    });
    expect([response.status, await response.json()]).toEqual([200, { shown: 'thing: 6 gram' }]);
  });

  it('is an entry of the API description', async () => {
    const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as {
      paths: Record<string, unknown>;
    };
    expect(paths['/api/v1/scales/weigh']).toMatchObject({
      post: {
        operationId: 'scales.weigh',
        summary: 'Weigh something.',
        requestBody: { content: { 'application/json': { schema: { required: ['grams'] } } } },
        responses: { 200: { content: { 'application/json': { schema: { required: ['shown'] } } } } },
      },
    });
  });

  it('is a method of the client', async () => {
    const { weigh } = await import(
      pathToFileURL(join(dir, 'node_modules', 'trestle-scales', 'index.js')).href
    );
    const client = createClient<[typeof weigh]>({ url });
    expect(await client.scales?.weigh?.({ grams: 7, label: 'client' })).toEqual({ shown: 'client: 7 gram' });
    await expect(client.scales?.weigh?.({ grams: 2_000 })).rejects.toMatchObject({
      code: 'TRS_SCALES_HEAVY',
      kind: 'refused',
    });
  });

  it('is a command that runs on a server', async () => {
    expect(await trestle(['scales', 'weigh', '8', '--server', url, '--json'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('thing: 8 gram'),
    });
  });

  it.each([
    [['2000'], 3, 'TRS_SCALES_HEAVY'],
    [['-5'], 2, 'TRS_'],
    [['many'], 2, 'TRS_KERNEL_INPUT_INVALID'],
    [[], 2, 'TRS_CLI_USAGE'],
    [['5', '--lable', 'x'], 2, 'TRS_CLI_USAGE'],
    [['13'], 1, 'TRS_INTERNAL'],
  ])('ends with the exit code of its error, one JSON document and no stack: %j', async (args, code, name) => {
    const ended = await trestle(['scales', 'weigh', '--json', ...args], { TRESTLE_DEBUG: '' });
    expect(ended.code).toBe(code);
    expect(JSON.parse(ended.stdout).error).toMatchObject({ code: expect.stringContaining(name) });
    expect(ended.stdout + ended.stderr).not.toMatch(/\bat .*:\d+:\d+/);
  });

  it('shows the stack to who asks for it', async () => {
    const ended = await trestle(['scales', 'weigh', '13', '--json'], { TRESTLE_DEBUG: '1' });
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: 'TRS_INTERNAL' } });
    expect(ended.stderr).toMatch(/jammed[\s\S]*\bat .*:\d+:\d+/);
  });

  it('lets no secret out: not in a result, an error, the audit log or the list of plugins', async () => {
    const ends = [
      await trestle(['scales', 'weigh', '5', '--pin', CANARY, '--json'], { TRESTLE_DEBUG: '3' }),
      await trestle(['scales', 'weigh', '2000', '--pin', CANARY, '--json'], { TRESTLE_DEBUG: '3' }),
      await trestle(['scales', 'weigh', '13', '--pin', CANARY], { TRESTLE_DEBUG: '3' }),
      await trestle(['scales', 'weigh', 'x', '--pin', CANARY, '--json'], { TRESTLE_DEBUG: '3' }),
      await trestle(['plugin', 'list', '--json']),
      await trestle(['doctor', '--json']),
      await trestle(['scales', 'weigh', '5'], { TRESTLE_SCALES__LICENCE: '{', TRESTLE_SCALES__UNTI: CANARY }),
    ];
    expect(ends.map(({ code }) => code)).toEqual([0, 3, 1, 2, 0, 0, 2]);
    const audit = await trestle(['audit', 'log', '--json']);
    expect(audit.stdout).toContain('operation:scales.weigh');
    expect(JSON.stringify([...ends, audit])).not.toContain(CANARY);
  });

  it.each([
    ['is not installed', undefined, 2, 'TRS_PLUGIN_MISSING'],
    ['throws', 'throw new Error("no licence");', 1, 'TRS_PLUGIN_BROKEN'],
    ['is something else', 'export default 7;', 2, 'TRS_PLUGIN_INVALID'],
    ['takes the name of another', 'export default { name: "data", version: "1" };', 1, 'TRS_PLUGIN_CONFLICT'],
  ])('that %s is named, whatever is typed', async (_, source, code, name) => {
    if (source !== undefined) await install('trestle-broken', source);
    await configure(['trestle-scales', 'trestle-broken']);
    try {
      const ended = await trestle(['model', 'list', '--json']);
      expect([ended.code, JSON.parse(ended.stdout).error.code]).toEqual([code, name]);
      expect(ended.stdout).toMatch(/trestle-broken|\\"data\\"/);
    } finally {
      await configure(['trestle-scales']);
    }
  });
});
