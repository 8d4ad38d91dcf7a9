import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { failure, labelled, makeProject, type Project, trestle } from './trestle.test.setup.ts';

let project: Project;

/** Takes from root the right to read what the files' permissions forbid. */
const SETPRIV = '/usr/bin/setpriv';
const AS_FILES_SAY = ['--bounding-set', '--inh-caps'].map((set) => `${set}=-dac_override,-dac_read_search`);

describe('a source that cannot become a version is refused whole', () => {
  beforeAll(async () => {
    project = await makeProject();
    await mkdir(project.path('folder'));
  });
  afterAll(() => project.remove());

  const latin1 = Uint8Array.from([...Buffer.from('name,n\nJos'), 0xe9, ...Buffer.from(',1\n')]);
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('a,b\n1,2\n', 'utf16le')]);
  it.each<[string, string, string | Uint8Array | undefined, string, (readonly string[])?]>([
    ['is missing', 'nowhere.csv', undefined, 'TRS_KERNEL_FILE_MISSING'],
    ['is a folder without a file', 'folder', undefined, 'TRS_DATA_EMPTY'],
    ['is ragged', 'ragged.csv', 'a,b\n1,2\n3,4,5\n6,7\n', 'TRS_DATA_BAD_ROWS'],
    ['is Latin-1', 'latin1.csv', latin1, 'TRS_DATA_ENCODING'],
    ['is UTF-16', 'utf16.csv', utf16, 'TRS_DATA_ENCODING'],
    ['is empty', 'empty.csv', '', 'TRS_DATA_EMPTY'],
    ['is a header only', 'header.csv', 'a,b\n', 'TRS_DATA_EMPTY'],
    // Without the option they are renamed, and it is said.
    ['names two columns alike', 'twice.csv', 'a,b,a\n1,2,3\n', 'TRS_DATA_HEADER', ['--names', 'strict']],
    ['is of no known format', 'notes.docx', 'a,b\n1,2\n', 'TRS_DATA_FORMAT'],
    ['is no JSON', 'broken.json', 'neither a list nor an object', ''],
    ['is no Parquet', 'broken.parquet', 'PAR1 and nothing behind it', ''],
  ])('when it %s', async (_, name, content, code, more = []) => {
    if (content !== undefined) await project.write(name, content);
    const refused = await failure(project, 'data', 'add', name, '--name', 'bad', ...more);
    expect(refused).toMatchObject({ exit: 2, ...(code === '' ? {} : { code }) });
    expect(refused.code).toMatch(/^TRS_(DATA|KERNEL)_/);
    expect(refused.message).toContain(name);
    expect(refused.hint).not.toBe('');
    expect(await project.json('data', 'list')).toEqual({ datasets: [] });
  });

  it('when it cannot be read', async ({ skip }) => {
    await writeFile(project.path('closed.csv'), 'a\n1\n', { mode: 0o000 });
    const isRoot = process.getuid?.() === 0;
    if (isRoot && !existsSync(SETPRIV)) return skip(`root may read every file, and ${SETPRIV} is missing`);
    const { code, stdout } = await trestle(['data', 'add', 'closed.csv', '--name', 'bad', '--json'], {
      cwd: project.dir,
      launcher: isRoot ? [SETPRIV, ...AS_FILES_SAY] : [],
    });
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error.code).toBe('TRS_KERNEL_FILE_UNREADABLE');
  });

  it('but a byte-order mark is no part of the first name', async () => {
    await project.write('bom.csv', '\ufeffa,b\n1,2\n');
    const added = await project.json('data', 'add', 'bom.csv', '--name', 'bom');
    expect(added.columns.map((one: { name: string }) => one.name)).toEqual(['a', 'b']);
  });

  it('names the line of a ragged row', async () => {
    const refused = await failure(project, 'data', 'add', 'ragged.csv', '--name', 'bad');
    expect(refused.message).toContain('Line 3');
    expect(refused.hint).toContain('3,4,5');
  });

  it.each([
    ['is not there', 'z', 'TRS_TRAIN_UNKNOWN_COLUMN'],
    ['is constant', 'one', 'TRS_TRAIN_TARGET_CONSTANT'],
    ['has no values', 'none', 'TRS_TRAIN_TARGET_CONSTANT'],
  ])('train: when its target %s', async (_, target, code) => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i},1,`).join('\n');
    await project.write('targets.csv', `x,one,none\n${rows}\n`);
    await project.run('data', 'add', 'targets.csv', '--name', 'targets');
    const refused = await failure(project, 'train', '--data', 'targets', '--target', target);
    expect(refused).toMatchObject({ exit: 2, code });
    expect(refused.message).toContain(`"${target}"`);
  });
});

describe('a configuration that is wrong', () => {
  afterEach(() => project.remove());

  it.each([
    ['has a section with a typo', { servng: {} }, 'TRS_CONFIG_UNKNOWN_SECTION', '"serving"'],
    ['has a key with a typo', { serving: { maxRow: 3 } }, 'TRS_CONFIG_UNKNOWN_FIELD', 'maxRows'],
    [
      'has a value of a wrong type',
      { serving: { maxRows: 'many' } },
      'TRS_CONFIG_INVALID',
      'serving.maxRows',
    ],
  ])('and %s is named', async (_, config, code, said) => {
    project = await makeProject(JSON.stringify(config));
    const refused = await failure(project, 'data', 'list');
    expect(refused.exit).toBe(2);
    expect(refused.code).toContain(code);
    expect(`${refused.message} ${refused.hint}`).toContain(said);
    expect(await readdir(project.dir)).toEqual(['trestle.config.json']);
  });

  it('and does not parse, or throws, is named with its reason', async () => {
    project = await makeProject('{ "serving": ');
    expect(await failure(project, 'data', 'list')).toMatchObject({ exit: 2, code: 'TRS_CONFIG_UNREADABLE' });
    await rm(project.path('trestle.config.json'));
    await project.write('trestle.config.ts', "throw new Error('no database password');\n");
    const refused = await failure(project, 'data', 'list');
    expect(refused).toMatchObject({ exit: 2, code: 'TRS_CONFIG_UNREADABLE' });
    expect(refused.message).toContain('no database password');
  });
});

describe('a store that cannot be used', () => {
  beforeEach(async () => {
    project = await makeProject(JSON.stringify({ store: { lockWaitMs: 300 } }));
    await project.write('labelled.csv', labelled(30));
    await project.run('data', 'add', 'labelled.csv', '--name', 'kept');
  });
  afterEach(() => project.remove());
  const database = (): string => project.path('.trestle/metadata.sqlite');

  it('because another process holds it, says so, and works again when that has gone', async () => {
    const holder = new DatabaseSync(database());
    holder.exec('BEGIN IMMEDIATE');
    const refused = await failure(project, 'data', 'add', 'labelled.csv', '--name', 'second');
    holder.exec('ROLLBACK');
    holder.close();
    expect(refused).toMatchObject({ exit: 1, code: 'TRS_STORE_LOCKED' });
    expect(refused.hint).not.toBe('');
    expect(await project.json('data', 'add', 'labelled.csv', '--name', 'second')).toMatchObject({ rows: 30 });
  });

  it('because its database is damaged, is not written to', async () => {
    await writeFile(database(), Buffer.alloc(8_192, 'damaged '));
    for (const suffix of ['-wal', '-shm']) await rm(database() + suffix, { force: true });
    const refused = await failure(project, 'data', 'list');
    expect(refused).toMatchObject({ exit: 1, code: 'TRS_STORE_CORRUPT' });
    expect(refused.hint).not.toBe('');
    const doctor = await project.run('doctor', '--json');
    expect(doctor.code).toBe(3);
    expect(JSON.parse(doctor.stdout)).toMatchObject({ ok: false });
  });

  it('because a blob is damaged, does not serve it, and is found by doctor --deep', async () => {
    const blobs = project.path('.trestle/blobs');
    const files = (await readdir(blobs, { recursive: true, withFileTypes: true })).filter((one) =>
      one.isFile(),
    );
    for (const file of files) {
      const path = join(file.parentPath, file.name);
      await rm(path);
      await writeFile(path, 'something else');
    }
    const refused = await failure(project, 'data', 'export', 'kept', 'out.csv');
    expect(refused.exit).toBe(1);
    expect(refused.code).toMatch(/^TRS_STORE_/);
    expect(await readdir(project.dir)).not.toContain('out.csv');
    expect((await project.run('doctor', '--deep')).code).toBe(3);
  });
});

/** A small disk of its own, or the reason why there is none. */
const disk = await (async () => {
  const dir = await mkdtemp(join(tmpdir(), 'trestle-cli-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', dir], { stdio: 'pipe' });
    return { dir, why: undefined };
  } catch (thrown) {
    return {
      dir,
      why: `a disk that can be filled needs the right to mount: ${String(thrown).split('\n')[0]}`,
    };
  }
})();
if (disk.why) process.stderr.write(`"a full disk" of bad-input.test.ts is skipped: ${disk.why}\n`);

describe('a full disk', () => {
  afterAll(async () => {
    if (!disk.why) execFileSync('umount', ['-l', disk.dir]);
    await rm(disk.dir, { recursive: true, force: true });
  });

  it.skipIf(disk.why !== undefined)(
    'refuses the version whole, and takes it when there is space',
    async () => {
      await writeFile(
        join(disk.dir, 'trestle.config.json'),
        JSON.stringify({ store: { reserveBytes: 1_048_576 } }),
      );
      const file = join(tmpdir(), `trestle-full-${process.pid}.csv`);
      await writeFile(file, labelled(20_000));
      const add = ['data', 'add', file, '--name', 'large', '--json', '--project', disk.dir];
      expect((await trestle(['data', 'list', '--project', disk.dir])).code).toBe(0);
      const { bavail, bsize } = await statfs(disk.dir);
      await writeFile(join(disk.dir, 'ballast'), Buffer.alloc(Math.max(0, bavail * bsize - 65_536), 1));
      const refused = await trestle(add);
      expect(refused.code).toBe(1);
      expect(JSON.parse(refused.stdout).error.code).toMatch(/^TRS_(STORE_FULL|DATA_DISK_FULL)$/);
      await rm(join(disk.dir, 'ballast'));
      expect(
        JSON.parse((await trestle(['data', 'list', '--json', '--project', disk.dir])).stdout).datasets,
      ).toEqual([]);
      expect((await trestle(add)).code).toBe(0);
      expect((await trestle(['audit', 'verify', '--project', disk.dir])).code).toBe(0);
      await rm(file);
    },
  );

  it.skipIf(disk.why !== undefined)(
    'refuses an append, an erasure and an export whole, and what was there stays as it was',
    async () => {
      const [few, file] = ['few', 'many'].map((name) => join(tmpdir(), `trestle-${name}-${process.pid}.csv`));
      if (few === undefined || file === undefined) return;
      await writeFile(few, labelled(300));
      await writeFile(file, labelled(20_000));
      const here = ['--json', '--project', disk.dir];
      const said = async (...args: string[]) => JSON.parse((await trestle([...args, ...here])).stdout);
      await said('data', 'add', few, '--name', 'kept');
      await said('data', 'add', file, '--name', 'large');
      const before = await said('data', 'show', 'large');
      const { bavail, bsize } = await statfs(disk.dir);
      await writeFile(join(disk.dir, 'ballast'), Buffer.alloc(Math.max(0, bavail * bsize - 16_384), 1));
      for (const args of [
        ['data', 'add', file, '--name', 'kept', '--append'],
        ['data', 'erase', 'large', '--column', 'group', '--values', 'a'],
        ['data', 'export', 'large', join(disk.dir, 'out.csv')],
      ]) {
        const { code, stdout } = await trestle([...args, ...here]);
        expect([args[1], code]).toEqual([args[1], 1]);
        expect(JSON.parse(stdout).error.code).toMatch(/^TRS_(STORE_FULL|DATA_DISK_FULL|SYSTEM_ENOSPC)$/);
      }
      await rm(join(disk.dir, 'ballast'));
      expect((await readdir(disk.dir)).filter((name) => name.startsWith('out'))).toEqual([]);
      expect((await said('data', 'show', 'kept')).rows).toBe(300);
      expect(await said('data', 'show', 'large')).toEqual(before);
      expect(await said('doctor', '--deep')).toMatchObject({ ok: true });
      expect((await said('data', 'erase', 'large', '--column', 'group', '--values', 'a')).rows).toBe(6_667);
      for (const one of [few, file]) await rm(one);
    },
  );
});

describe('a port that is taken', () => {
  it('is named before anything is served', async () => {
    project = await makeProject();
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const refused = await failure(project, 'serve', '--port', port);
    other.close();
    await project.remove();
    expect(refused).toMatchObject({ exit: 1, code: 'TRS_SERVER_PORT_IN_USE' });
    expect(refused.message).toContain(port);
  });
});
