import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { defineEvent, openHost } from '@trestle/kernel';
import { systemPlugin } from '@trestle/plugin-system';
import { blobsToken, metadataToken, storePlugin } from '@trestle/store';
import { z } from 'zod';
import { timeOf } from '../data/fresh-project.ts';
import type { Comparison, Readings, Suite } from '../runner/comparison.ts';

type Host = Awaited<ReturnType<typeof openHost>>;

const open = (projectDir: string): Promise<Host> =>
  openHost({
    projectDir,
    plugins: [storePlugin, systemPlugin],
    cwd: projectDir,
    env: { TRESTLE_STORE__RESERVE_BYTES: '0' },
  });

const actor = { principal: { id: 'bench', scopes: ['*:*'] }, requestId: 'bench', operation: 'bench' };
const counted = defineEvent('bench.counted', z.object({ n: z.number(), text: z.string() }));

/** A project with a history and content that cannot be packed. */
async function fill(host: Host, events: number, blobs: number): Promise<void> {
  const metadata = await host.service(metadataToken);
  for (let n = 0; n < events; n += 1_000)
    await metadata.change(actor, async (change) => {
      for (let at = n; at < Math.min(events, n + 1_000); at++)
        await change.record(counted, `thing:${at % 97}`, { n: at, text: `what happened the ${at}th time` });
    });
  const content = await host.service(blobsToken);
  for (let n = 0; n < blobs; n++) await content.put(randomBytes(16_384));
}

/** What others wait for a change while something is done. */
async function waitsDuring(host: Host, work: () => Promise<number>): Promise<Readings> {
  const metadata = await host.service(metadataToken);
  const waits: number[] = [];
  let isOver = false;
  const changing = (async () => {
    while (!isOver) {
      waits.push(
        await timeOf(() =>
          metadata.change(actor, async (change) => {
            await change.record(counted, 'thing:0', { n: 0, text: 'meanwhile' });
          }),
        ),
      );
      await wait(5);
    }
  })();
  const took = await work().finally(() => {
    isOver = true;
  });
  await changing;
  waits.sort((a, b) => a - b);
  return { took, median: waits[waits.length >> 1] ?? Number.NaN, longest: waits.at(-1) ?? Number.NaN };
}

const seconds = async (work: () => Promise<unknown>): Promise<number> => (await timeOf(work)) / 1_000;

async function ours(events: number, blobs: number): Promise<Readings> {
  const dir = await mkdtemp(join(tmpdir(), 'trestle-bench-backup-'));
  const host = await open(dir);
  const again = join(dir, 'again');
  try {
    await fill(host, events, blobs);
    const folder = join(dir, 'backups');
    const backup = () => host.runById('backup', { dir: folder }, { surface: 'cli' });
    const first = await waitsDuring(host, () => seconds(backup));
    const second = await seconds(backup);
    const third = (await backup()) as { readonly written: { readonly bytes: number } };
    const check = await seconds(() =>
      host.runById('store.backups', { dir: folder, check: true }, { surface: 'cli' }),
    );
    await promisify(execFile)('mkdir', [again]);
    const there = await open(again);
    const restore = await seconds(() => there.runById('restore', { dir: folder }, { surface: 'cli' }));
    await there.close();
    return { ...first, second, written: third.written.bytes / 1024, check, restore };
  } finally {
    await host.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** What one does without: an archive of the folder, of a project that stands still, through the same packing, to the disk. */
async function archive(events: number, blobs: number): Promise<Readings> {
  const dir = await mkdtemp(join(tmpdir(), 'trestle-bench-backup-'));
  const host = await open(dir);
  try {
    await fill(host, events, blobs);
    await host.close();
    const run = promisify(execFile);
    const pack = () =>
      run('sh', ['-c', `tar -czf "${dir}/all.tar.gz" -C "${dir}" .trestle && sync "${dir}/all.tar.gz"`]);
    const took = await seconds(pack);
    const second = await seconds(pack);
    await run('mkdir', [join(dir, 'again')]);
    const restore = await seconds(() => run('tar', ['-xzf', `${dir}/all.tar.gz`, '-C', `${dir}/again`]));
    return { took, second, restore };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function comparison(isQuick: boolean): Comparison {
  const [events, blobs] = isQuick ? [2_000, 100] : [100_000, 2_000];
  const name = `${events} events, ${blobs} blobs of 16 KiB`;
  return {
    once: true,
    rows: [
      { name: `${name}: first backup`, reading: 'took', unit: 's', better: 'lower' },
      {
        name: `${name}: longest wait of a change meanwhile`,
        reading: 'longest',
        unit: 'ms',
        better: 'lower',
      },
      { name: `${name}: median wait of a change meanwhile`, reading: 'median', unit: 'ms', better: 'lower' },
      { name: `${name}: next backup`, reading: 'second', unit: 's', better: 'lower' },
      { name: `${name}: written by the next one`, reading: 'written', unit: 'KiB', better: 'lower' },
      { name: `${name}: check of all snapshots`, reading: 'check', unit: 's', better: 'lower' },
      { name: `${name}: restore, proved`, reading: 'restore', unit: 's', better: 'lower' },
    ],
    ours: () => ({ measure: () => ours(events, blobs) }),
    peers: {
      'tar -cz of a project that stands still': () =>
        process.platform === 'win32'
          ? { why: 'there is no tar with these options' }
          : { measure: () => archive(events, blobs) },
    },
  };
}

export const suite: Suite = {
  summary: 'a project that is backed up while it is written to, and brought back',
  comparisons: ({ isQuick }) => [comparison(isQuick)],
};
