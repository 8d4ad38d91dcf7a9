import { rename, rm, stat } from 'node:fs/promises';
import { type ExportFormat, exportFormats } from '@trestle/contracts';
import { type Context, didYouMean } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { registryError } from '../registry-error.ts';
import { resolveModel } from '../version/versions.ts';

interface ExportInput {
  readonly model: string;
  readonly format: string;
  readonly out: string;
  readonly option?: readonly string[] | undefined;
}

/** Writes beside the destination, then renames: what is written is whole or not there. */
export async function exportModel(ctx: Context, input: ExportInput) {
  const format = formatOf(ctx.extensions(exportFormats), input.format);
  const options = readOptions(format, input.option ?? []);
  const model = await resolveModel(ctx, input.model);
  const path = await ctx.files.write(input.out);
  // Before the work: a file is replaced whole, a folder never is.
  if ((await stat(path).catch(() => undefined))?.isDirectory()) throw isFolder(input.out);
  // Checked against the digest: what is damaged does not leave the house.
  const file = await (await ctx.service(blobsToken)).localPath(model.digest);
  const beside = `${path}.${ctx.requestId}.partial`;
  try {
    const write = await format.load();
    const { digest, bytes } = await write({
      ...{ model, file, out: beside, options, signal: ctx.signal },
      read: (named) => ctx.files.read(named),
      progress: (update) => ctx.progress(update),
    });
    await rename(beside, path);
    return { name: model.name, version: model.version, path: input.out, digest, bytes };
  } finally {
    await rm(beside, { force: true, recursive: true });
  }
}

const isFolder = (out: string) =>
  registryError('OUT_IS_FOLDER', {
    kind: 'conflict',
    message: `${out} is a folder that is there already; nothing was written.`,
    hint: 'Name something that is not there.',
    details: { out },
  });

function formatOf(known: readonly ExportFormat[], name: string): ExportFormat {
  const found = known.find((format) => format.name === name);
  if (found) return found;
  const names = known.map((format) => format.name);
  throw registryError('FORMAT_UNKNOWN', {
    kind: 'invalid',
    message: `There is no format "${name}".${didYouMean(name, names)}`,
    hint: `There is ${known.map((format) => `${format.name} (${format.summary})`).join('; ')}.`,
    details: { format: name, formats: names },
  });
}

function readOptions({ name, options }: ExportFormat, given: readonly string[]): Record<string, string> {
  const read: Record<string, string> = {};
  for (const text of given) {
    const at = text.indexOf('=');
    const key = at < 0 ? text : text.slice(0, at);
    const known = Object.entries(options).map(([option, says]) => `${option} (${says})`);
    const why = !Object.hasOwn(options, key)
      ? `has no option "${key}"`
      : at < 0
        ? `wants a value of the option "${key}"`
        : Object.hasOwn(read, key)
          ? `has the option "${key}" once, and it was given twice`
          : undefined;
    if (why !== undefined)
      throw registryError('FORMAT_OPTION', {
        kind: 'usage',
        message: `The format ${name} ${why}.`,
        hint:
          known.length === 0
            ? 'It has no options.'
            : `Write --option NAME=VALUE; it has ${known.join('; ')}.`,
        details: { format: name, option: key },
      });
    read[key] = text.slice(at + 1);
  }
  return read;
}
