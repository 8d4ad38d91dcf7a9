import { glob, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { dataError } from '../../data-error.ts';
import type { ReadContext } from '../read-context.ts';

/** Files that one dataset may be made of: each becomes a part, or a row. */
export const MAX_FILES = 1_000_000;

export interface FoundFile {
  readonly path: string;
  /** From the folder on, with `/`. */
  readonly relative: string;
  /** What messages call it, where that is more. */
  readonly shown?: string;
}

export type FoundPath =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'files'; readonly files: readonly FoundFile[] };

/**
 * What a path names: a file, or the files of a folder or a glob, by name. Hidden ones and those that begin with `_` (marks of
 * other tools) are left out.
 *
 * @throws TRS_DATA_EMPTY when there is none, TRS_DATA_TOO_LARGE
 */
export async function listFolder(ctx: ReadContext, named: string): Promise<FoundPath> {
  const plain = await ctx.files.read(named).catch((thrown: unknown) => {
    if (isGlob(named)) return undefined;
    throw thrown;
  });
  if (plain !== undefined && !(await stat(plain)).isDirectory()) return { kind: 'file', path: plain };
  const [folder, pattern] = plain === undefined ? splitGlob(named) : [named, '**/*'];
  const root = plain ?? (await rootOf(ctx, folder, pattern));
  const found: FoundFile[] = [];
  for await (const entry of glob(pattern, { cwd: root, withFileTypes: true })) {
    if (!entry.isFile() && !(await isLinkedFile(ctx, join(entry.parentPath, entry.name)))) continue;
    const relative = join(entry.parentPath, entry.name)
      .slice(root.length + 1)
      .replaceAll('\\', '/');
    if (isHidden(relative)) continue;
    // Each through the door: it may lie behind a link.
    found.push({ path: await ctx.files.read(posix.join(folder, relative)), relative });
    if (found.length > MAX_FILES) throw tooMany(named);
  }
  if (found.length === 0) throw nothingNamed(named);
  return { kind: 'files', files: found.toSorted((a, b) => (a.relative < b.relative ? -1 : 1)) };
}

/** The folder in front of a glob. @throws TRS_DATA_GLOB when the glob of a remote caller climbs */
async function rootOf(ctx: ReadContext, folder: string, pattern: string): Promise<string> {
  if (ctx.surface !== 'http') return await ctx.files.read(folder === '' ? '.' : folder);
  if (pattern.split('/').includes('..')) {
    throw dataError('GLOB', {
      kind: 'invalid',
      message: 'A glob may not climb out of its folder.',
      hint: 'Name a folder inside, and leave ".." out.',
    });
  }
  return folder === '' ? join(ctx.project.dir, 'files') : await ctx.files.read(folder);
}

/** On the command line a link stands for its file; over HTTP it could lead out of the folder. */
const isLinkedFile = async (ctx: ReadContext, path: string): Promise<boolean> =>
  ctx.surface !== 'http' &&
  (await stat(path).then(
    (found) => found.isFile(),
    () => false,
  ));

export const isGlob = (path: string): boolean => /[*?[{]/.test(path);

/** Marks of other tools, and what a person hides. */
export const isHidden = (relative: string): boolean => relative.split('/').some((part) => /^[._]/.test(part));

/** `a/b*\/c.csv` as `a` and `b*\/c.csv`. */
export function splitGlob(named: string): readonly [string, string] {
  const parts = named.split('/');
  const first = parts.findIndex(isGlob);
  return [
    parts.slice(0, first).join('/') || (named.startsWith('/') ? '/' : ''),
    parts.slice(first).join('/'),
  ];
}

export const nothingNamed = (named: string) =>
  dataError('EMPTY', {
    kind: 'invalid',
    message: `"${named}" names no file.`,
    hint: 'Files whose names begin with "." or "_" are left out.',
  });

export const tooMany = (named: string) =>
  dataError('TOO_LARGE', {
    kind: 'too-large',
    message: `"${named}" names more than ${MAX_FILES} files.`,
    hint: 'Put them into fewer files first.',
    details: { maxFiles: MAX_FILES },
  });
