import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHost } from '@trestle/kernel';
import { dataAdd, dataPlugin } from '@trestle/plugin-data';
import { pipelinePlugin } from '@trestle/plugin-pipeline';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { storePlugin } from '@trestle/store';

type Host = Awaited<ReturnType<typeof openHost>>;

/** A project of its own, whose store is open, as a server's is: a small dataset was added to it. */
export async function openProject(config: object = {}): Promise<{
  readonly host: Host;
  readonly dir: string;
  close(): Promise<void>;
}> {
  const dir = await mkdtemp(join(tmpdir(), 'trestle-bench-data-'));
  await writeFile(join(dir, 'trestle.config.json'), JSON.stringify(config));
  const host = await openHost({
    projectDir: dir,
    plugins: [storePlugin, dataPlugin, trackingPlugin, pipelinePlugin],
    cwd: dir,
  });
  const first = join(dir, 'first.csv');
  await writeFile(first, 'a,b\n1,2\n');
  await host.run(dataAdd, { path: first, name: 'first' }, { surface: 'cli' });
  return {
    host,
    dir,
    async close() {
      await host.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Does some work in a project that has nothing of the data yet: no blob was there before, no profile was computed. */
export async function inFreshProject<T>(
  work: (host: Host, dir: string) => Promise<T>,
  config: object = {},
): Promise<T> {
  const { host, dir, close } = await openProject(config);
  try {
    return await work(host, dir);
  } finally {
    await close();
  }
}

/** The milliseconds that some work takes. */
export async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
