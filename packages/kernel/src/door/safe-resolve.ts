import { lstat, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { doorError } from './door-error.ts';

// Names that Windows opens as devices, whatever their extension (Microsoft: Naming Files, Paths, and Namespaces).
const DEVICE_NAME = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
const MAX_PATH_CHARACTERS = 1_024;

/**
 * Resolves a relative path that a user named to an absolute one inside `root`, existing or not yet.
 *
 * Percent-encoding is decoded once; what still climbs, is absolute, names a device or passes a link is refused. Somebody who
 * may make links inside `root` could do so after the check: where that is possible, open the result with `O_NOFOLLOW`.
 *
 * @param root an existing folder
 * @throws TRS_DOOR_PATH_REFUSED with the reason
 */
export async function safeResolve(root: string, userPath: string): Promise<string> {
  return await resolveDecoded(root, decodeOnce(userPath), userPath);
}

/** The same for a path in which a percent sign is one: a name in an archive. */
export async function resolveDecoded(root: string, decoded: string, userPath = decoded): Promise<string> {
  const reason = reasonToRefuse(decoded);
  if (reason) throw refused(userPath, reason);
  const realRoot = await realpath(root);
  const segments = decoded.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.length === 0) throw refused(userPath, 'it is empty');
  let path = realRoot;
  for (const segment of segments) {
    path = join(path, segment);
    const found = await lstat(path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
      throw refused(userPath, `a part of it cannot be looked at (${cause.code})`);
    });
    if (found?.isSymbolicLink()) throw refused(userPath, 'a part of it is a link');
    if (found && !found.isFile() && !found.isDirectory())
      throw refused(userPath, 'it is neither a file nor a folder');
  }
  if (!path.startsWith(realRoot + sep)) throw refused(userPath, 'it leaves its folder');
  return path;
}

function decodeOnce(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // A lone percent sign is a legal file name character.
    return path;
  }
}

function reasonToRefuse(path: string): string | undefined {
  if (path === '') return 'it is empty';
  if (path.length > MAX_PATH_CHARACTERS) return `it is longer than ${MAX_PATH_CHARACTERS} characters`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'it holds a control character';
  if (path.includes('\\')) return 'it holds a backslash';
  if (path.startsWith('/') || path.startsWith('~')) return 'it is absolute';
  if (path.includes(':')) return 'it holds a colon';
  if (/%[0-9a-f]{2}/i.test(path)) return 'it is encoded twice';
  for (const segment of path.split('/')) {
    if (segment === '..') return 'it climbs out of its folder';
    if (segment.normalize('NFKC') !== segment && /[./\\]/.test(segment.normalize('NFKC')))
      return 'it hides a separator';
    if (segment !== '.' && /[. ]$/.test(segment)) return 'a part of it ends with a dot or a space';
    if (DEVICE_NAME.test(segment)) return 'it names a device';
  }
  return undefined;
}

function refused(path: string, reason: string) {
  return doorError('PATH_REFUSED', {
    kind: 'invalid',
    message: `The path ${JSON.stringify(path.slice(0, 200))} is refused: ${reason}.`,
    hint: 'Name a plain relative path inside the folder.',
    details: { reason },
  });
}
