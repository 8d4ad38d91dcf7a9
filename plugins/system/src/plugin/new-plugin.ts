import { mkdir, readdir } from 'node:fs/promises';
import { type Context, pluginsToken } from '@trestle/kernel';
import { localOnly } from '../local-only.ts';
import { folderPath, writeNewFiles } from '../new-folder.ts';
import { systemError } from '../system-error.ts';
import type { MadePlugin } from './plugin-operations.ts';
import { scaffold } from './scaffold.ts';

export async function newPlugin(
  ctx: Context,
  input: { readonly name: string; readonly dir?: string | undefined },
): Promise<MadePlugin> {
  localOnly(ctx);
  const taken = (await ctx.service(pluginsToken)).some(({ name }) => name === input.name);
  if (taken) {
    throw systemError('PLUGIN_NAME', {
      kind: 'conflict',
      message: `There is a plugin "${input.name}" already.`,
      hint: 'Choose another name; see "trestle plugin list".',
    });
  }
  const packageName = `trestle-plugin-${input.name}`;
  const dir = await folderPath(ctx, input.dir ?? packageName);
  await mkdir(dir, { recursive: true });
  if ((await readdir(dir)).length > 0) {
    throw systemError('FOLDER_NOT_EMPTY', {
      kind: 'conflict',
      message: `${dir} is there already, and is not empty.`,
      hint: 'Name another folder with --dir; nothing was changed.',
    });
  }
  const { written } = await writeNewFiles(dir, scaffold(input.name, packageName));
  return { plugin: input.name, package: packageName, dir, files: written };
}
