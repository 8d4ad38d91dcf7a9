import { readFile } from 'node:fs/promises';
import { basename, extname, relative } from 'node:path';
import { NAME_PATTERN } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { dataConfig } from '../config/data-config.ts';
import { moduleStepSchema, type Step, sqlStepSchema } from '../config/steps.ts';
import { dataError } from '../data-error.ts';
import { currentAgain } from '../pipeline/current-again.ts';
import { type DataStep, namesRead } from '../pipeline/data-step.ts';
import { decideStep } from '../pipeline/decide-step.ts';
import { makeStep } from '../pipeline/make-step.ts';
import type { StepParams } from '../pipeline/step-function.ts';
import { rememberMade } from '../pipeline/step-records.ts';
import { rowsOf } from '../pipeline/step-rows.ts';
import type { StepTables } from '../pipeline/step-tables.ts';
import { openWorkshop, type Workshop } from '../pipeline/workshop.ts';
import { resolveVersion } from '../version/versions.ts';

interface TransformInput {
  readonly file: string;
  readonly name?: string | undefined;
  readonly from?: string | undefined;
  readonly params: StepParams;
  readonly force: boolean;
}

/** Under this name its steps are remembered; no pipeline of a configuration can be called so. */
const RECORDED_AS = 'data transform';

/**
 * A step without a pipeline: decided, made and remembered as one of a pipeline is.
 *
 * @throws TRS_DATA_QUERY_TIMEOUT for the query of a caller of the server, which has a deadline as other queries have
 */
export async function transform(ctx: Context, input: TransformInput) {
  if (ctx.surface !== 'http') return await made(ctx, input);
  const { transformTimeoutMs: timeoutMs } = ctx.config(dataConfig);
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    return await made({ ...ctx, signal: AbortSignal.any([ctx.signal, deadline]) }, input);
  } catch (thrown) {
    ctx.signal.throwIfAborted();
    if (!deadline.aborted) throw thrown;
    throw dataError('QUERY_TIMEOUT', {
      kind: 'refused',
      message: `The query took longer than ${timeoutMs / 1_000} s, and was ended. Nothing was made.`,
      hint: 'Ask for less, or let its owner run it there, or raise data.transformTimeoutMs.',
      details: { timeoutMs },
    });
  }
}

async function made(ctx: Context, input: TransformInput) {
  const shown = input.file;
  const step = await stepOf(ctx, input);
  const workshop = openWorkshop(ctx);
  try {
    return await transformIn(ctx, workshop, await aloneOf(workshop, nameOf(input), step, shown), input);
  } finally {
    await workshop.close();
  }
}

async function transformIn(
  ctx: Context,
  workshop: Workshop,
  { inputs: names, ...alone }: Alone,
  input: TransformInput,
) {
  const shown = input.file;
  const versions = await Promise.all(
    names.map(async (name) => [name, await resolveVersion(ctx, name)] as const),
  );
  const madeFrom = versions.map(([, { dataset, version }]) => `${dataset}@${version}`);
  const inputs = new Map(versions.map(([name, version]) => [name, rowsOf(ctx, version)]));
  const reads = { inputs, compared: new Map() };
  const decision = await decideStep(ctx, RECORDED_AS, alone, reads, input.force);
  const { cached, reason, key, parts } = decision;
  if (cached) {
    return { ...(await currentAgain(ctx, cached)), cached: true, reason, inputs: madeFrom };
  }
  ctx.progress({ step: reason });
  const version = await makeStep(ctx, workshop, alone, reads, decision, {
    shown: `"${shown}"`,
    source: `transform ${basename(shown)}`,
    onRows: (rows) => ctx.progress({ step: `${rows.toLocaleString('en-US')} rows` }),
    along: async (db, { digest }) => {
      await rememberMade(db.withTables<StepTables>(), {
        key,
        pipeline: RECORDED_AS,
        step: alone.name,
        digest,
        parts,
      });
    },
  });
  return { ...version, cached: false, reason, inputs: madeFrom };
}

async function stepOf(ctx: Context, { file, from, params }: TransformInput): Promise<Step> {
  const ending = extname(file).toLowerCase();
  if (ending === '.sql') {
    if (from !== undefined)
      throw usage(
        '"--from" is for modules',
        'A query names what it reads: FROM strikes, or FROM "strikes@3".',
      );
    const sql = await readFile(await ctx.files.read(file), 'utf8');
    if (sql.trim() === '') throw usage(`${file} is empty`, 'Write one SELECT over datasets.');
    return sqlStepSchema.parse({ sql, params });
  }
  if (!/^\.[cm]?[jt]s$/.test(ending))
    throw usage(`${file} is neither a query nor a module`, 'Name a .sql, .ts or .js file.');
  if (ctx.surface === 'http') {
    throw dataError('MODULE_REFUSED', {
      kind: 'denied',
      message: 'A caller of the server may not run a module on it.',
      hint: 'Send a query (.sql), or put the function into a pipeline of the configuration.',
    });
  }
  if (from === undefined)
    throw usage(
      `${file} does not say what it reads`,
      'Name the dataset: --from strikes, or --from strikes@3.',
    );
  const module = relative(ctx.project.dir, await ctx.files.read(file));
  return moduleStepSchema.parse({ from, module, params });
}

function nameOf({ file, name }: TransformInput): string {
  const found = name ?? basename(file, extname(file));
  if (NAME_PATTERN.test(found)) return found;
  throw usage(`"${found}" cannot be the name of a dataset`, 'Give it another one with --name.');
}

/** The step with the datasets that it reads. */
interface Alone extends DataStep {
  readonly inputs: readonly string[];
}

async function aloneOf(workshop: Workshop, name: string, step: Step, shown: string): Promise<Alone> {
  const { names, tree } = await namesRead(workshop.syntaxTree, step, shown);
  if (names.some((input) => input.split('@')[0] === name))
    throw usage(`${shown} reads "${name}" and would make it`, 'Give what it makes another name with --name.');
  return { name, step, output: name, inputs: names, suite: undefined, tree };
}

const usage = (what: string, hint: string) =>
  dataError('TRANSFORM', { kind: 'invalid', message: `${what}.`, hint });
