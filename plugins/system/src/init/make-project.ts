import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { CONFIG_FILES, type Context } from '@trestle/kernel';
import { localOnly } from '../local-only.ts';
import { exists, folderPath, writeNewFiles } from '../new-folder.ts';
import { systemError } from '../system-error.ts';
import type { NewProject } from './init.ts';
import { projectReadme } from './project-readme.ts';
import { sampleCustomers } from './sample-customers.ts';

const CONFIG = `// The settings of this project. Everything has a default; "trestle doctor" shows what is in use.
export default {
  // Packages with more plugins: npm install them, then name them here.
  plugins: [],
};
`;

export async function makeProject(ctx: Context, input: { readonly dir: string }): Promise<NewProject> {
  localOnly(ctx);
  const project = await folderPath(ctx, input.dir);
  for (const name of CONFIG_FILES) {
    if (await exists(`${project}/${name}`)) throw projectExists(project, name);
  }
  await mkdir(project, { recursive: true });
  const { written, kept } = await writeNewFiles(project, {
    'data/customers.csv': sampleCustomers(),
    'README.md': projectReadme(basename(project)),
    '.gitignore': '.trestle/\nnode_modules/\n',
    // Last: a folder with a configuration is a project, and a project is complete.
    'trestle.config.ts': CONFIG,
  });
  return { project, files: written, kept };
}

const projectExists = (project: string, name: string) =>
  systemError('PROJECT_EXISTS', {
    kind: 'conflict',
    message: `${project} is a project already: it has a ${name}.`,
    hint: 'Name another folder; nothing was changed.',
  });
