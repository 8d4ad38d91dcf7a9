import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { failure, makeProject, type Project } from './trestle.test.setup.ts';

const run = promisify(execFile);
const has = async (program: string): Promise<boolean> =>
  await run(program, ['--version']).then(
    () => true,
    () => false,
  );
const canRun = process.getuid?.() === 0 && (await has('podman')) && (await has('runc'));
const why = canRun ? '' : ' (not run: it needs podman and runc, as root)';

describe('a model as an image', { timeout: 300_000 }, () => {
  let project: Project;
  let manifest: string;
  beforeAll(async () => {
    project = await makeProject();
    const rows = Array.from({ length: 200 }, (_, n) => `${n % 50},${(n % 50) * 30 + (n % 7)}`);
    await project.write('flats.csv', `size,rent\n${rows.join('\n')}\n`);
    await project.run('data', 'add', 'flats.csv', '--name', 'flats');
    await project.run(
      'train',
      '--data',
      'flats',
      '--target',
      'rent',
      '--estimator',
      'linear',
      '--register',
      'flats',
    );
    const made = await project.json('model', 'export', 'flats', '--format', 'oci', '--out', 'flats.tar');
    expect(made).toMatchObject({ name: 'flats', version: 1, path: 'flats.tar' });
    manifest = made.digest;
  }, 300_000);
  afterAll(async () => await project?.remove());

  it('is an image layout whose parts match their digests', async () => {
    const dir = project.path('layout');
    await mkdir(dir);
    await run('tar', ['-xf', project.path('flats.tar'), '-C', dir]);
    const names = (
      await run('sha256sum', (await run('find', [`${dir}/blobs`, '-type', 'f'])).stdout.trim().split('\n'))
    ).stdout;
    for (const line of names.trim().split('\n')) {
      const [digest = '', path = ''] = line.split(/\s+/);
      expect(path.endsWith(digest)).toBe(true);
    }
    const index = JSON.parse(await readFile(`${dir}/index.json`, 'utf8'));
    expect(index.manifests[0].digest).toBe(`sha256:${manifest}`);
    const { layers, config } = JSON.parse(await readFile(`${dir}/blobs/sha256/${manifest}`, 'utf8'));
    const { config: how } = JSON.parse(
      await readFile(`${dir}/blobs/${config.digest.replace(':', '/')}`, 'utf8'),
    );
    expect(how).toMatchObject({ User: '10001:10001', StopSignal: 'SIGTERM' });
    for (const { digest, size } of layers)
      expect((await stat(`${dir}/blobs/${digest.replace(':', '/')}`)).size).toBe(size);
  });

  it('leaves nothing behind when it cannot be made, and says what is wrong', async () => {
    await project.write('base.tar', 'no tar');
    for (const [option, code] of [
      ['base=base.tar', 'TRS_CONTAINER_BASE'],
      ['tag=Flats', 'TRS_CONTAINER_TAG'],
      ['bas=x', 'TRS_REGISTRY_FORMAT_OPTION'],
      ['tag', 'TRS_REGISTRY_FORMAT_OPTION'],
    ] as const)
      expect(
        await failure(
          project,
          'model',
          'export',
          'flats',
          '--format',
          'oci',
          '--out',
          'b.tar',
          '--option',
          option,
        ),
      ).toMatchObject({ exit: 2, code });
    const left = (await run('ls', ['-A', project.dir])).stdout
      .split('\n')
      .filter((name) => name.startsWith('b.tar'));
    expect(left).toEqual([]);
  });

  it.skipIf(!canRun)(
    `serves it, as nobody in particular, on a root that is not written to${why}`,
    async () => {
      await project.write(
        'containers.conf',
        '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n[engine]\nruntime = "runc"\n',
      );
      vi.stubEnv('CONTAINERS_CONF', project.path('containers.conf'));
      const name = `trestle-${process.pid}`;
      const image = 'docker.io/library/flats:1';
      const port = await freePort();
      const at = `http://127.0.0.1:${port}`;
      try {
        await run('podman', ['load', '-q', '-i', project.path('flats.tar')]);
        await run('podman', [
          'run',
          '-d',
          '--name',
          name,
          '--network=host',
          '--read-only',
          image,
          '--port',
          String(port),
        ]);
        await expect
          .poll(
            async () =>
              await fetch(`${at}/readyz`).then(
                ({ status }) => status,
                () => 0,
              ),
            { timeout: 90_000 },
          )
          .toBe(200);
        const asked = await post(`${at}/v1/predict/flats`, { rows: [{ size: 10 }] });
        expect(asked.status).toBe(200);
        const { predictions } = await asked.json();
        expect(predictions[0].value).toBeCloseTo(300, -1);
        // Whoever shows no token predicts, and does nothing else.
        expect((await post(`${at}/api/v1/model/list`, {})).status).toBe(401);
        expect((await post(`${at}/api/v1/deploy`, { model: 'flats' })).status).toBe(401);
        const { stdout } = await run('podman', [
          'exec',
          name,
          '/usr/local/bin/node',
          '-p',
          'process.getuid()',
        ]);
        expect(stdout.trim()).toBe('10001');
        await run('podman', ['stop', '-t', '30', name]);
        expect(
          (await run('podman', ['inspect', name, '--format', '{{.State.ExitCode}}'])).stdout.trim(),
        ).toBe('0');
      } finally {
        await run('podman', ['rm', '-f', name]).catch(() => {});
        await run('podman', ['rmi', '-f', image]).catch(() => {});
        vi.unstubAllEnvs();
      }
    },
  );
});

const post = (address: string, body: unknown): Promise<Response> =>
  fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
