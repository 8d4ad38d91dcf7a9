import { existsSync } from 'node:fs';
import { lstat, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import { containerError } from './container-error.ts';
import type { Entry } from './layer.ts';

const packageSchema = z.looseObject({
  name: z.string(),
  version: z.string().default('0.0.0'),
  license: z.unknown().optional(),
  bin: z.unknown().optional(),
  files: z.array(z.string()).optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});

export interface PackageOfProgram {
  readonly name: string;
  readonly version: string;
  readonly license: string | undefined;
  /** What of its folders is published, where it says so: a checkout has more. */
  readonly files: readonly string[] | undefined;
  /** Its folder on this machine. */
  readonly dir: string;
  /** Its folder in the image, without a slash in front. */
  readonly place: string;
}

/** The folder of the command that runs, and all packages that it needs. */
export interface Program {
  readonly packages: readonly PackageOfProgram[];
  /** The file that starts it, in the image. */
  readonly main: string;
}

const APP = 'app/node_modules';
/** A server in an image has no screen to draw on, and shows nobody around: these are loaded when they are there, and large. */
const LEFT_OUT = new Set(['webgpu', '@trestle/demo']);
/** Of a package, what only those read who write code with it. */
const NOT_RUN = /\.(d\.[cm]?ts|map|tsbuildinfo)$|\.test\.[cm]?js$/;

/**
 * Finds the command that runs, as npm installed it or as a checkout has it, and the packages that it needs, each where Node looks for it.
 *
 * @throws TRS_CONTAINER_PROGRAM where this was not started by the command
 */
export async function programOfThisProcess(): Promise<Program> {
  const main = await realpath(process.argv[1] ?? '');
  const root = nearestPackage(dirname(main));
  const manifest = root === undefined ? undefined : await manifestOf(root);
  if (root === undefined || manifest?.bin === undefined)
    throw containerError('PROGRAM', {
      kind: 'invalid',
      message: 'An image holds the trestle command, and this was not started by it.',
      hint: 'Run "trestle model export … --format oci".',
    });
  const packages = new Map<string, PackageOfProgram>();
  const take = async (dir: string, place: string): Promise<void> => {
    if (packages.has(dir)) return;
    const { name, version, license, files, dependencies, optionalDependencies } = await manifestOf(dir);
    packages.set(dir, {
      files,
      name,
      version,
      license: typeof license === 'string' ? license : undefined,
      dir,
      place,
    });
    for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies }).sort()) {
      if (LEFT_OUT.has(dependency)) continue;
      const found = await resolvePackage(dir, dependency);
      // One for another platform is not installed.
      if (found === undefined && dependency in optionalDependencies) continue;
      if (found === undefined) throw notInstalled(name, dependency);
      const owner = packages.get(found.owner);
      await take(found.dir, `${owner ? `${owner.place}/node_modules` : APP}/${dependency}`);
    }
  };
  await take(root, `${APP}/${manifest.name}`);
  return { packages: [...packages.values()], main: `/${APP}/${manifest.name}/${relative(root, main)}` };
}

/** The files of a package that it runs with, without the packages in it. */
export async function filesOf({ dir, place, files }: PackageOfProgram): Promise<ReadonlyMap<string, Entry>> {
  const entries = new Map<string, Entry>();
  const walk = async (folder: string, isTop: boolean): Promise<void> => {
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const found = await lstat(path);
      if (found.isDirectory()) {
        if (name === 'node_modules' || (isTop && isUnpublished(name, files))) continue;
        await walk(path, false);
      } else if (found.isFile() && !NOT_RUN.test(name) && !name.startsWith('.'))
        entries.set(`${place}/${relative(dir, path)}`, {
          ...{ kind: 'file', from: path, bytes: found.size },
          isExecutable: (found.mode & 0o100) !== 0,
        });
    }
  };
  await walk(dir, true);
  return entries;
}

/** Sources and tests of a package that does not publish them. */
const isUnpublished = (name: string, files: readonly string[] | undefined): boolean =>
  (name === 'src' || name === 'test') &&
  files !== undefined &&
  !files.some((published) => published.replace(/^\.?\//, '').startsWith(name));

function nearestPackage(from: string): string | undefined {
  for (let dir = from; ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'package.json'))) return dir;
    if (dirname(dir) === dir) return undefined;
  }
}

const manifestOf = async (dir: string) =>
  packageSchema.parse(JSON.parse(await readFile(join(dir, 'package.json'), 'utf8')));

/** Where Node finds a package that another one imports, and in whose `node_modules` that is (Node.js API, "Loading from node_modules folders"). */
async function resolvePackage(from: string, name: string) {
  for (let owner = from; ; owner = dirname(owner)) {
    const path = join(owner, 'node_modules', name);
    if (await stat(join(path, 'package.json')).catch(() => undefined))
      return { owner, dir: await realpath(path) };
    if (dirname(owner) === owner) return undefined;
  }
}

const notInstalled = (name: string, dependency: string) =>
  containerError('PROGRAM', {
    kind: 'failed',
    message: `"${dependency}", which ${name} needs, is not installed here.`,
    hint: 'Install the trestle command again.',
  });
