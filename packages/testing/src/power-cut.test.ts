import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { jobStoreToken, journalToken, openHost } from '@trestle/kernel';
import { blobsToken, storeCheckToken, storePlugin } from '@trestle/store';
import { afterAll, describe, expect, it } from 'vitest';

const CHILD = fileURLToPath(new URL('./power-cut.test.child.ts', import.meta.url));
const ROUNDS = 20;
const ALONE = ['change', 'blob', 'job'];
/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: what was not synced is gone (linux/fs/ext4/ext4.h). */
const CUT = 'open(F, "<", $ARGV[0]) or die $!; my $how = pack("L", 2); ioctl(F, 0x8004587d, $how) or die $!';

/** A disk whose power can be cut, or the reason why there is none. */
function disk(): {
  readonly folder: string;
  readonly mount: string;
  readonly image: string;
  readonly why?: string;
} {
  const folder = mkdtempSync(join(tmpdir(), 'trestle-power-'));
  const [mount, image] = [join(folder, 'disk'), join(folder, 'image')];
  mkdirSync(mount);
  try {
    execFileSync('truncate', ['-s', '96M', image], { stdio: 'pipe' });
    execFileSync('mkfs.ext4', ['-q', '-F', image], { stdio: 'pipe' });
    plug(image, mount);
    cut(mount);
    execFileSync('umount', [mount], { stdio: 'pipe' });
    return { folder, mount, image };
  } catch (thrown) {
    return { folder, mount, image, why: `a disk whose power is cut: ${String(thrown).split('\n')[0]}` };
  }
}

const plug = (image: string, mount: string): void =>
  void execFileSync('mount', ['-o', 'loop', image, mount], { stdio: 'pipe' });
const cut = (mount: string): void => void execFileSync('perl', ['-e', CUT, mount], { stdio: 'pipe' });

const { folder, mount, image, why } = disk();
if (why) process.stderr.write(`power-cut.test.ts is skipped: ${why}\n`);
const reason = why === undefined ? '' : ` (not run: ${why})`;

/** One power cut: what was acknowledged before it, and is not there behind it. */
async function powerCut(round: number, fault: string): Promise<readonly string[]> {
  plug(image, mount);
  const child = spawn(process.execPath, [CHILD, mount, fault, `r${round}`], {
    // What it says when its disk is gone is no news.
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const acknowledged: string[] = [];
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  /** Hears what is said, up to a word or for so many lines. */
  const hear = async (word: string, most = Number.POSITIVE_INFINITY): Promise<void> => {
    for (let heard = 0; heard < most; heard++) {
      const { value, done } = await lines.next();
      if (done === true) throw new Error('The process ended by itself.');
      if (value === word) return;
      acknowledged.push(value);
    }
  };
  const tell = (what: string): void => void child.stdin.write(`${what}\n`);
  await hear('ready');
  // The last thing alone, behind which nothing syncs it in passing; or in the middle of many.
  if (round % 4 === 3) {
    tell('crowd');
    await hear('', 10 + round);
  } else
    for (let n = 0; n <= round % 3; n++) {
      tell(ALONE[(round + n) % ALONE.length] ?? 'change');
      await hear('done');
    }
  cut(mount);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('close', resolve));
  execFileSync('umount', [mount]);
  plug(image, mount);
  try {
    return await lostOf(acknowledged);
  } finally {
    execFileSync('umount', [mount]);
  }
}

async function lostOf(acknowledged: readonly string[]): Promise<readonly string[]> {
  const host = await openHost({
    projectDir: mount,
    plugins: [storePlugin],
    env: { TRESTLE_STORE__RESERVE_BYTES: '0' },
  });
  try {
    const journal = await host.service(journalToken);
    expect(await journal.verify()).toMatchObject({ ok: true });
    const subjects = new Set((await journal.read({})).map(({ subject }) => subject));
    const blobs = await host.service(blobsToken);
    const jobs = await host.service(jobStoreToken);
    const lost: string[] = [];
    for (const one of acknowledged) {
      const [kind, what = ''] = one.split(' ');
      const isThere =
        kind === 'event'
          ? subjects.has(what)
          : kind === 'job'
            ? (await jobs.get(what)) !== undefined
            : await blobs.read(what).then(
                () => true,
                () => false,
              );
      if (!isThere) lost.push(one);
    }
    if (lost.length === 0) {
      const found = await (await host.service(storeCheckToken)).check({ deep: true });
      expect([...found.metadata.problems, ...found.blobs.problems]).toEqual([]);
    }
    return lost;
  } finally {
    await host.close();
  }
}

const fresh = (): void => void execFileSync('mkfs.ext4', ['-q', '-F', image], { stdio: 'pipe' });

describe.skipIf(why !== undefined)(`the embedded store, when the power is cut${reason}`, () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has everything that it acknowledged', async () => {
    fresh();
    const lost: string[] = [];
    for (let round = 0; round < ROUNDS; round++) lost.push(...(await powerCut(round, 'none')));
    expect(lost).toEqual([]);
  }, 300_000);

  // Each would pass every other test: a process that is killed loses nothing that it gave to the operating system.
  it.each(['synchronous = NORMAL', 'no fsync of the file', 'no fsync of the folder'])(
    'would lose something with %s, which this finds',
    async (fault) => {
      fresh();
      let lost = 0;
      for (let round = 0; round < ROUNDS && lost === 0; round++)
        lost += (await powerCut(round, fault)).length;
      expect(lost).toBeGreaterThan(0);
    },
    300_000,
  );
});
