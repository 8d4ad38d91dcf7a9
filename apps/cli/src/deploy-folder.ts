import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import process from 'node:process';
import { deploymentsToken } from '@trestle/contracts';
import { type Host, TrestleError } from '@trestle/kernel';
import { z } from 'zod';

/**
 * Brings a project to serve what lies in a folder: each package becomes a version of the model that its file is called after, where the
 * newest one is another, and the deployment of that name serves it. What is so already is left alone.
 *
 * @throws TRS_CLI_MODELS where there is no package; what registering and deploying throw
 */
export async function deployFolder(host: Host, folder: string): Promise<void> {
  const files = (await readdir(folder).catch((): string[] => []))
    .filter((name) => name.endsWith('.onnx'))
    .sort();
  if (files.length === 0) throw noModels(folder);
  const current = await (await host.service(deploymentsToken)).list();
  for (const file of files) {
    const name = basename(file, '.onnx');
    // The same package again is the version that it is already.
    const { version } = registeredSchema.parse(
      await host.runById('model.register', { file: join(folder, file), name }, { surface: 'cli' }),
    );
    const isServed = current.some(
      ({ deployment, model }) => deployment === name && model.name === name && model.version === version,
    );
    if (!isServed) await host.runById('deploy', { model: `${name}@${version}`, name }, { surface: 'cli' });
    process.stderr.write(`${name}@${version} is served.\n`);
  }
}

const registeredSchema = z.object({ version: z.number() });

const noModels = (folder: string) =>
  new TrestleError('TRS_CLI_MODELS', {
    kind: 'not-found',
    message: `There is no model package (NAME.onnx) in ${folder}.`,
    hint: 'Put one there: trestle model export NAME --format onnx --out FOLDER/NAME.onnx.',
  });
