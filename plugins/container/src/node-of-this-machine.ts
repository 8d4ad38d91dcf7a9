import { existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { containerError } from './container-error.ts';
import { type Entry, USER_ID } from './layer.ts';

export const NODE = '/usr/local/bin/node';

/** What glibc loads when it is asked for names, threads or clocks, and what add-ons of Node link: not all of it is loaded now. */
const BESIDE_LIBC = [
  'libpthread.so.0',
  'libdl.so.2',
  'librt.so.1',
  'libm.so.6',
  'libresolv.so.2',
  'libnss_dns.so.2',
  'libnss_files.so.2',
];

/**
 * The smallest base: the Node that runs this, and the libraries it needs, each where its loader looks for it. There is no shell in it.
 *
 * @throws TRS_CONTAINER_BASE on a machine that is not Linux
 */
export async function nodeOfThisMachine(): Promise<ReadonlyMap<string, Entry>> {
  if (process.platform !== 'linux')
    throw containerError('BASE', {
      kind: 'invalid',
      message: `An image holds Linux, and this machine is ${process.platform}.`,
      hint: 'Run this on Linux.',
    });
  const entries = new Map<string, Entry>([
    [
      'etc/passwd',
      {
        kind: 'text',
        text: `root:x:0:0::/:/sbin/nologin\ntrestle:x:${USER_ID}:${USER_ID}::/project:/sbin/nologin\n`,
      },
    ],
    ['etc/group', { kind: 'text', text: `root:x:0:\ntrestle:x:${USER_ID}:\n` }],
    ['etc/nsswitch.conf', { kind: 'text', text: 'hosts: files dns\n' }],
    ['tmp', { kind: 'folder', mode: 0o1777 }],
    [NODE.slice(1), await fileEntry(process.execPath, true)],
  ]);
  for (const library of librariesOfNode()) entries.set(library.slice(1), await fileEntry(library, true));
  return entries;
}

function librariesOfNode(): readonly string[] {
  const loaded = loadedLibraries().filter(
    (path) => path.startsWith('/') && !path.endsWith('.node') && /\.so(\.\d+)*$/.test(path),
  );
  // Of add-ons that happen to be loaded, only what lies with the system's own libraries is the base's.
  const libc = loaded.find((path) => /^(libc\.so\.6|ld-musl-.*|libc\.musl-.*)$/.test(basename(path)));
  const folder = libc === undefined ? undefined : dirname(libc);
  const own = loaded.filter((path) => dirname(path) === folder || /^\/lib(64)?\/ld-/.test(path));
  const beside =
    folder === undefined
      ? []
      : BESIDE_LIBC.map((name) => join(folder, name)).filter((path) => existsSync(path));
  return [...new Set([...own, ...beside])];
}

function loadedLibraries(): readonly string[] {
  const report: unknown = process.report.getReport();
  if (typeof report !== 'object' || report === null || !('sharedObjects' in report)) return [];
  return Array.isArray(report.sharedObjects)
    ? report.sharedObjects.filter((path) => typeof path === 'string')
    : [];
}

async function fileEntry(path: string, isExecutable: boolean): Promise<Entry> {
  const from = await realpath(path);
  return { kind: 'file', from, bytes: (await stat(from)).size, isExecutable };
}
