import { open, rename, rm } from 'node:fs/promises';
import type { Context } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { registryConfig } from '../registry-config.ts';
import { registryError } from '../registry-error.ts';
import { resolveModel } from '../version/versions.ts';

/** Writes the package beside its destination, then renames: the file is whole or not there. */
export async function exportModel(
  ctx: Context,
  input: { readonly model: string; readonly format: string; readonly out: string },
) {
  const { name, version, digest } = await resolveModel(ctx, input.model);
  if (input.format !== 'onnx') {
    throw registryError('FORMAT_UNAVAILABLE', {
      kind: 'invalid',
      message: `--format ${input.format} is not available yet.`,
      hint: 'Use --format onnx: one file with schema, preprocessing, weights and golden examples in it.',
      details: { format: input.format },
    });
  }
  const path = await ctx.files.write(input.out);
  // Checked against the digest as it is read: what is damaged does not leave the house.
  const blobs = await ctx.service(blobsToken);
  const bytes = await blobs.read(digest, ctx.config(registryConfig).maxModelBytes);
  const beside = `${path}.${ctx.requestId}.partial`;
  try {
    const file = await open(beside, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } finally {
    await rm(beside, { force: true });
  }
  return { name, version, path: input.out, digest, bytes: bytes.length };
}
