import { readFile, stat } from 'node:fs/promises';
import { datasetsToken, trainingToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import type { Row } from '@trestle/model';
import { registryError } from '../registry-error.ts';
import { registerModel, registerPath } from '../version/register.ts';

interface RegisterInput {
  readonly file?: string | undefined;
  readonly run?: string | undefined;
  readonly examples?: string | undefined;
  readonly name: string;
}

export async function registerFileOrRun(ctx: Context, input: RegisterInput) {
  const { inputs, outputs, origin, ...version } = await registered(ctx, input);
  const copied = (values: typeof inputs) => values.map((value) => ({ ...value, dims: [...value.dims] }));
  return { ...version, inputs: copied(inputs), outputs: copied(outputs), origin: origin ?? null };
}

async function registered(ctx: Context, { file, run, examples, name }: RegisterInput) {
  if ((file === undefined) === (run === undefined)) {
    throw registryError('SOURCE_MISSING', {
      kind: 'usage',
      message: 'Give either a file or a run.',
      hint: 'trestle model register FILE --name NAME, or trestle model register --run r-… --name NAME.',
    });
  }
  if (file !== undefined)
    return await registerPath(ctx, ctx, {
      ...{ name, path: await ctx.files.read(file) },
      ...(examples === undefined ? {} : { examples: await exampleRows(ctx, examples) }),
    });
  if (examples !== undefined)
    throw registryError('EXAMPLES_UNUSED', {
      kind: 'usage',
      message: 'The model of a run brings golden examples of its own.',
      hint: 'Register it without --examples.',
    });
  const training = await ctx.service(trainingToken);
  return await registerModel(ctx, ctx, {
    name,
    bytes: await training.modelBytes(await training.run(run ?? '')),
  });
}

/** Examples that are looked at, and bytes of a file of them. */
const MOST_EXAMPLES = 1_000;
const MOST_BYTES = 2 ** 26;

/** Rows of a file: JSON may hold lists, for tensors; other files are read as tables. */
async function exampleRows(ctx: Context, file: string): Promise<readonly Row[]> {
  if (/\.(json|jsonl|ndjson)$/i.test(file)) return await jsonRows(await ctx.files.read(file), file);
  const datasets = await ctx.service(datasetsToken);
  const rows: Row[] = [];
  for await (const { rows: count, columns } of datasets.readFile(ctx, file)) {
    for (let row = 0; row < count && rows.length < MOST_EXAMPLES; row++)
      rows.push(
        Object.fromEntries(
          Object.entries(columns).map(([name, { values }]) => {
            const value = values[row] ?? null;
            return [name, Number.isNaN(value) ? null : value];
          }),
        ),
      );
    if (rows.length >= MOST_EXAMPLES) break;
  }
  return rows;
}

async function jsonRows(path: string, file: string): Promise<readonly Row[]> {
  const { size } = await stat(path);
  if (size > MOST_BYTES) throw noRows(file, `it has ${size} bytes; ${MOST_BYTES} are allowed`);
  const text = await readFile(path, 'utf8');
  let found: unknown;
  try {
    found = /^\s*\[/.test(text)
      ? JSON.parse(text)
      : text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line)]));
  } catch {
    throw noRows(file, 'it is neither JSON nor JSON lines');
  }
  if (!Array.isArray(found)) throw noRows(file, 'it is no list of rows');
  return found.slice(0, MOST_EXAMPLES).map((row: unknown, at): Row => {
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) return { ...row };
    throw noRows(file, `its row ${at} is no object`);
  });
}

const noRows = (file: string, why: string) =>
  registryError('EXAMPLES_INVALID', {
    kind: 'invalid',
    message: `"${file}" holds no examples: ${why}.`,
    hint: 'Give rows of features, with what the model must answer beside them.',
    details: { file },
  });
