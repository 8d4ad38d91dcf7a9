import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { mkdir, mkdtemp, open, realpath, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { safeResolve } from './safe-resolve.ts';

describe('safeResolve', () => {
  let outer: string;
  let root: string;
  beforeAll(async () => {
    outer = await realpath(await mkdtemp(join(tmpdir(), 'trestle-root-')));
    root = join(outer, 'root');
    await mkdir(join(root, 'folder'), { recursive: true });
    await writeFile(join(root, 'folder', 'a.csv'), 'inside');
    await writeFile(join(outer, 'secret'), 'outside');
    await symlink(join(outer, 'secret'), join(root, 'link'));
    await symlink(outer, join(root, 'up'));
    await symlink('folder', join(root, 'same'));
    await symlink(join(outer, 'nothing'), join(root, 'dangling'));
  });
  afterAll(() => rm(outer, { recursive: true, force: true }));
  const refusal = (reason: string | RegExp) => ({
    code: 'TRS_DOOR_PATH_REFUSED',
    kind: 'invalid',
    details: { reason: expect.stringMatching(reason) },
  });

  it.each([
    ['folder/a.csv', 'folder/a.csv'],
    ['./folder//a.csv', 'folder/a.csv'],
    ['folder', 'folder'],
    ['new.csv', 'new.csv'],
    ['new/deep.csv', 'new/deep.csv'],
    ['folder/a.csv/below', 'folder/a.csv/below'],
    ['with%20space.csv', 'with space.csv'],
    ['100%.csv', '100%.csv'],
    ['..a/b..c', '..a/b..c'],
    ['.hidden', '.hidden'],
    ['console.csv', 'console.csv'],
    ['com10.csv', 'com10.csv'],
    ['größe/数据.csv', 'größe/数据.csv'],
  ])('resolves %j inside the root', async (path, expected) => {
    expect(await safeResolve(root, path)).toBe(join(root, expected));
  });

  it.each([
    ['..', 'climbs'],
    ['../secret', 'climbs'],
    ['folder/../../secret', 'climbs'],
    ['folder/..', 'climbs'],
    ['%2e%2e/secret', 'climbs'],
    ['%2E%2E%2Fsecret', 'climbs'],
    ['..%2fsecret', 'climbs'],
    ['%252e%252e/secret', 'encoded twice'],
    ['..%252fsecret', 'encoded twice'],
    ['%25252e', 'encoded twice'],
    ['%2e%2e/100%', 'encoded twice'],
    ['..%c0%afsecret', 'encoded twice'],
    ['%c0%ae%c0%ae/x', 'encoded twice'],
    ['/etc/passwd', 'absolute'],
    ['%2fetc/passwd', 'absolute'],
    ['//server/share', 'absolute'],
    ['~/x', 'absolute'],
    ['~root/x', 'absolute'],
    ['\\\\server\\share', 'backslash'],
    ['..\\secret', 'backslash'],
    ['%5c%5cserver', 'backslash'],
    ['C:\\x', 'backslash'],
    ['C:/x', 'colon'],
    ['C:x', 'colon'],
    ['file:///etc/passwd', 'colon'],
    ['a.csv::$DATA', 'colon'],
    ['a.csv:stream', 'colon'],
    ['a\u0000.csv', 'control'],
    ['a%00.csv', 'control'],
    ['a\n.csv', 'control'],
    ['a%0d%0a', 'control'],
    ['\u007f', 'control'],
    ['nul', 'device'],
    ['NUL', 'device'],
    ['folder/con', 'device'],
    ['aux.csv', 'device'],
    ['prn.tar.gz', 'device'],
    ['com1', 'device'],
    ['LPT9.txt', 'device'],
    ['com¹', 'device'],
    ['CONIN$', 'device'],
    ['con/x', 'device'],
    ['folder.', 'dot or a space'],
    ['folder./a.csv', 'dot or a space'],
    ['...', 'dot or a space'],
    ['.. /secret', 'dot or a space'],
    ['folder /a.csv', 'dot or a space'],
    ['．．/secret', 'hides'],
    ['‥/secret', 'hides'],
    ['a／b', 'hides'],
    ['a＼b', 'hides'],
    ['', 'empty'],
    ['.', 'empty'],
    ['./', 'empty'],
    ['x'.repeat(1_025), 'longer'],
    ['x'.repeat(300), 'cannot be looked at \\(ENAMETOOLONG\\)'],
  ])('refuses %j', async (path, reason) => {
    await expect(safeResolve(root, path)).rejects.toMatchObject(refusal(reason));
  });

  it.each(['link', 'up/secret', 'same/a.csv', 'dangling', 'up'])(
    'refuses to pass the link in %j',
    async (path) => {
      await expect(safeResolve(root, path)).rejects.toMatchObject(refusal('link'));
    },
  );

  it('refuses what is neither a file nor a folder', async () => {
    await promisify(execFile)('mkfifo', [join(root, 'pipe')]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(root, 'socket'), resolve));
    for (const path of ['pipe', 'socket']) {
      await expect(safeResolve(root, path)).rejects.toMatchObject(refusal('neither'));
    }
    await new Promise((resolve) => server.close(resolve));
  });

  it('may be given a root that is itself behind a link', async () => {
    await symlink(root, join(outer, 'alias'));
    expect(await safeResolve(join(outer, 'alias'), 'folder/a.csv')).toBe(join(root, 'folder', 'a.csv'));
  });

  it('keeps whatever is composed of hostile parts inside the root, or refuses it with a code', async () => {
    const part = fc.oneof(
      fc.constantFrom(
        '..',
        '.',
        '/',
        '\\',
        '%',
        '2e',
        '%2e',
        '%2f',
        '%5c',
        '%00',
        '\u0000',
        ':',
        '~',
        ' ',
        '．',
        '／',
      ),
      fc.constantFrom('link', 'up', 'folder', 'nul'),
      fc.string({ maxLength: 4, unit: 'binary' }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 10 }), async (parts) => {
        const outcome = await safeResolve(root, parts.join('')).catch((error: unknown) => error);
        if (typeof outcome === 'string') expect(outcome.startsWith(root + sep)).toBe(true);
        else expect(outcome).toMatchObject({ code: 'TRS_DOOR_PATH_REFUSED' });
      }),
      { numRuns: 1_000 },
    );
  });

  it('resolves a plain name to itself, however often', async () => {
    const name = fc.stringMatching(/^[a-z0-9_-]{1,20}x$/);
    await fc.assert(
      fc.asyncProperty(fc.array(name, { minLength: 1, maxLength: 5 }), async (names) => {
        const path = names.join('/');
        const once = await safeResolve(root, path);
        expect(await safeResolve(root, once.slice(root.length + 1))).toBe(once);
      }),
    );
  });

  it('is not fooled by a link that takes the place of a file, when the result is opened as it says', async () => {
    const target = join(root, 'raced');
    let isOver = false;
    const swap = (async () => {
      while (!isOver) {
        await writeFile(join(outer, 'plain'), 'inside');
        await rename(join(outer, 'plain'), target);
        await symlink(join(outer, 'secret'), join(outer, 'evil'));
        await rename(join(outer, 'evil'), target);
      }
    })();
    const seen = new Set<string>();
    for (let n = 0; n < 500 || seen.size < 2; n++) {
      const content = await safeResolve(root, 'raced')
        .then(async (path) => {
          await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
          return await file.readFile('utf8');
        })
        .catch((error: NodeJS.ErrnoException) => error.code ?? '');
      seen.add(content);
    }
    isOver = true;
    await swap;
    await unlink(target);
    expect(seen).toContain('inside');
    expect(seen).not.toContain('outside');
  });
});
