import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ExtractLimits, safeExtract } from './safe-extract.ts';
import { type ZipEntry, zipOf } from './zip.test.setup.ts';

const KIB = 2 ** 10;
const MIB = 2 ** 20;

describe('safeExtract', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'trestle-zip-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const extract = async (archive: Buffer, limits?: ExtractLimits): Promise<string> => {
    await writeFile(join(root, 'a.zip'), archive);
    await safeExtract(join(root, 'a.zip'), join(root, 'out'), limits);
    return join(root, 'out');
  };
  /** Refused, with nothing left: neither in the folder nor beside it. */
  const expectRefused = async (archive: Buffer, reason: RegExp, limits?: ExtractLimits): Promise<void> => {
    await expect(extract(archive, limits)).rejects.toMatchObject({
      code: 'TRS_DOOR_ARCHIVE_REFUSED',
      kind: 'invalid',
      message: expect.stringMatching(reason),
    });
    expect(await readdir(root)).toEqual(['a.zip']);
  };

  it('extracts files and folders', async () => {
    const out = await extract(
      zipOf([
        { name: 'a.csv', content: 'x\n1\n' },
        { name: 'deep/', mode: 0o040755 },
        { name: 'deep/er/b.csv', content: 'y' },
        { name: '100%.csv', content: 'z' },
        { name: 'Größe.csv', content: 'ü' },
      ]),
    );
    expect(await readFile(join(out, 'a.csv'), 'utf8')).toBe('x\n1\n');
    expect(await readFile(join(out, 'deep', 'er', 'b.csv'), 'utf8')).toBe('y');
    expect((await readdir(out)).sort()).toEqual(['100%.csv', 'Größe.csv', 'a.csv', 'deep']);
  });

  it('gives files to their owner only, and never a set-user-id bit', async () => {
    const out = await extract(zipOf([{ name: 'a', content: 'x', mode: 0o104777 }]));
    expect((await stat(join(out, 'a'))).mode & 0o7777).toBe(0o600);
  });

  it.each([
    '../out.csv',
    'a/../../out.csv',
    '/etc/passwd',
    '\\etc\\passwd',
    'a\\..\\b',
    'C:/x',
    'C:x',
    '%2e%2e/x',
    '..%2fx',
    'a/%2e%2e/%2e%2e/x',
    'nul',
    'aux.csv',
    'a/con.txt',
    'trailing.',
    'trailing ',
    'a\u0000.csv',
    'line\nbreak',
    '',
    '．．/x',
    '~/x',
  ])('refuses the name %j', async (name) => {
    await expectRefused(zipOf([{ name, content: 'x' }]), /The archive .* is refused: /);
  });

  it('refuses every name that would land outside, however it is composed', async () => {
    const step = fc.constantFrom(
      '..',
      '.',
      'a',
      '/',
      '\\',
      '%2e%2e',
      '%2f',
      '%5c',
      '\u0000',
      'C:',
      '．．',
      ' ',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        await rm(join(root, 'out'), { recursive: true, force: true });
        await extract(zipOf([{ name: steps.join(''), content: 'x' }])).catch(() => {});
        expect((await readdir(root)).filter((name) => name !== 'a.zip' && name !== 'out')).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it.each<[string, ZipEntry]>([
    ['a symbolic link', { name: 'link', content: '/etc/passwd', mode: 0o120777 }],
    ['a character device', { name: 'zero', mode: 0o020666 }],
    ['a block device', { name: 'disk', mode: 0o060666 }],
    ['a named pipe', { name: 'pipe', mode: 0o010666 }],
    ['a socket', { name: 'socket', mode: 0o140666 }],
  ])('refuses %s', async (_, entry) => {
    await expectRefused(zipOf([{ name: 'first', content: 'x' }, entry]), /link or a device/);
  });

  it('refuses what is encrypted', async () => {
    await expectRefused(zipOf([{ name: 'a', content: 'x', isEncrypted: true }]), /encrypted/);
  });

  it.each([
    ['the same name', ['a', 'a']],
    ['the same name in other cases', ['data/A.csv', 'data/a.csv']],
    ['the same letters, composed differently', ['\u00e9.csv', 'e\u0301.csv']],
    ['a file where a folder is', ['a', 'a/b']],
  ])('refuses %s twice', async (_, names) => {
    await expectRefused(zipOf(names.map((name) => ({ name, content: 'x' }))), /./);
  });

  it('refuses more files than allowed', async () => {
    const entries = Array.from({ length: 6 }, (_, n) => ({ name: `${n}`, content: 'x' }));
    await expectRefused(zipOf(entries), /more than 5 files/, { maxFiles: 5 });
  });

  it('refuses more bytes than allowed, over all files', async () => {
    const entries = Array.from({ length: 4 }, (_, n) => ({ name: `${n}`, content: randomBytes(300 * KIB) }));
    await expectRefused(zipOf(entries), /more than 1048576 bytes/, { maxTotalBytes: MIB });
  });

  it('refuses what grows without measure', async () => {
    await expectRefused(
      zipOf([{ name: 'zeros', content: Buffer.alloc(8 * MIB) }]),
      /grows more than 200 times/,
    );
  });

  it('refuses a whole that grows without measure, where each file alone is small', async () => {
    const first = { name: '0', content: Buffer.alloc(MIB) };
    const entries = Array.from({ length: 40 }, (_, n) => ({ ...first, name: `${n + 1}`, overlaps: true }));
    await expectRefused(zipOf([first, ...entries]), /grows more than 200 times/);
  });

  it.each([
    ['less', 10],
    ['more', 10 * KIB],
  ])('counts what comes, where the archive declares %s', async (_, declaredSize) => {
    await expectRefused(zipOf([{ name: 'a', content: Buffer.alloc(KIB), declaredSize }]), /./);
  });

  it.each([
    ['no archive', Buffer.from('hello')],
    ['nothing', Buffer.alloc(0)],
    [
      'a tar archive',
      Buffer.concat([Buffer.from('a.csv'.padEnd(257, '\0')), Buffer.from('ustar\x0000'), Buffer.alloc(1024)]),
    ],
    ['a cut archive', zipOf([{ name: 'a', content: 'x'.repeat(100) }]).subarray(0, 60)],
    ['an archive whose beginning is gone', zipOf([{ name: 'a', content: 'x'.repeat(100) }]).subarray(20)],
  ])('refuses %s', async (_, archive) => {
    await expectRefused(archive, /./);
  });

  it('extracts or refuses whatever comes, and never crashes or leaves half', async () => {
    const honest = zipOf([
      { name: 'a.csv', content: 'x'.repeat(2_000) },
      { name: 'deep/b.csv', content: 'y' },
    ]);
    await fc.assert(
      fc.asyncProperty(fc.nat(honest.length - 1), fc.nat(255), async (at, value) => {
        await rm(join(root, 'out'), { recursive: true, force: true });
        const damaged = Buffer.from(honest);
        damaged[at] = value;
        const isExtracted = await extract(damaged).then(
          () => true,
          (error: unknown) => {
            expect(error).toMatchObject({ code: 'TRS_DOOR_ARCHIVE_REFUSED' });
            return false;
          },
        );
        expect((await readdir(root)).includes('out')).toBe(isExtracted);
      }),
      { numRuns: 200 },
    );
  });

  it('does not touch a folder that is there already, nor follow a link to one', async () => {
    await mkdir(join(root, 'mine'));
    await writeFile(join(root, 'mine', 'kept'), 'kept');
    await symlink(join(root, 'mine'), join(root, 'out'));
    const archive = zipOf([{ name: '../x', content: 'x' }]);
    await expect(extract(archive)).rejects.toMatchObject({ code: 'TRS_DOOR_FOLDER_EXISTS' });
    await expect(safeExtract(join(root, 'a.zip'), join(root, 'mine'))).rejects.toMatchObject({
      kind: 'conflict',
    });
    expect(await readFile(join(root, 'mine', 'kept'), 'utf8')).toBe('kept');
  });

  it('stops when it is told to, and leaves nothing', async () => {
    await expect(
      extract(zipOf([{ name: 'a', content: 'x' }]), { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(await readdir(root)).toEqual(['a.zip']);
  });
});
