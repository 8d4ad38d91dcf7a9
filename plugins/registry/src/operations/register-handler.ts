import { readFile, stat } from 'node:fs/promises';
import { trainingToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { registryConfig } from '../registry-config.ts';
import { registryError } from '../registry-error.ts';
import { registerModel, tooLarge } from '../version/register.ts';

export async function registerFileOrRun(
  ctx: Context,
  input: { readonly file?: string | undefined; readonly run?: string | undefined; readonly name: string },
) {
  if ((input.file === undefined) === (input.run === undefined)) {
    throw registryError('SOURCE_MISSING', {
      kind: 'usage',
      message: 'Give either a file or a run.',
      hint: 'trestle model register FILE.onnx --name NAME, or trestle model register --run r-… --name NAME.',
    });
  }
  const bytes = input.file === undefined ? await ofRun(ctx, input.run ?? '') : await ofFile(ctx, input.file);
  const { inputs, outputs, ...version } = await registerModel(ctx, ctx, { name: input.name, bytes });
  const copied = (values: typeof inputs) => values.map((value) => ({ ...value, dims: [...value.dims] }));
  return { ...version, inputs: copied(inputs), outputs: copied(outputs) };
}

async function ofRun(ctx: Context, run: string): Promise<Uint8Array> {
  const training = await ctx.service(trainingToken);
  return await training.modelBytes(await training.run(run));
}

async function ofFile(ctx: Context, file: string): Promise<Uint8Array> {
  const path = await ctx.files.read(file);
  const { size } = await stat(path);
  const { maxModelBytes } = ctx.config(registryConfig);
  if (size > maxModelBytes) throw tooLarge(size, maxModelBytes);
  return new Uint8Array(await readFile(path));
}
