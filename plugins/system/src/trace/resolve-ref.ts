import { datasetsToken, deploymentsToken, modelsToken } from '@trestle/contracts';
import { type Context, isTrestleError } from '@trestle/kernel';
import { lineageToken } from '@trestle/store';
import { systemError } from '../system-error.ts';

const KINDS = ['file', 'dataset', 'run', 'model', 'deployment', 'prediction', 'alert', 'incident'];
const IDS: readonly (readonly [RegExp, string])[] = [
  [/^p-[A-Za-z0-9-]+$/, 'prediction'],
  [/^r-[A-Za-z0-9-]+$/, 'run'],
  [/^a-[A-Za-z0-9-]+$/, 'alert'],
  [/^i-[A-Za-z0-9-]+$/, 'incident'],
  [/^[0-9a-f]{64}$/, 'file'],
];

export interface Resolved {
  /** As lineage names it: `model:strikes@3`. */
  readonly ref: string;
  /** Other things that the same words may mean. */
  readonly also: readonly string[];
}

/**
 * Finds what a user means: a full reference, the id of a prediction, run, alert or file, or the name (with a version or
 * alias) of a model, deployment or dataset, in this order.
 *
 * @throws TRS_SYSTEM_TRACE_UNKNOWN
 */
export async function resolveRef(ctx: Context, text: string): Promise<Resolved> {
  const [, kind, rest] = /^([a-z]+):(.+)$/.exec(text) ?? [];
  if (kind !== undefined && rest !== undefined) {
    const isVersioned = kind === 'model' || kind === 'dataset' || kind === 'deployment';
    if (!isVersioned) {
      if (KINDS.includes(kind)) return { ref: text, also: [] };
      throw unknown(text);
    }
    const named = await meaning(ctx, kind, rest);
    if (named) return { ref: named, also: [] };
    throw unknown(text);
  }
  const id = IDS.find(([pattern]) => pattern.test(text));
  if (id) return { ref: `${id[1]}:${text}`, also: [] };
  const found = await Promise.all(['model', 'deployment', 'dataset'].map((each) => meaning(ctx, each, text)));
  const [ref, ...also] = found.filter((each) => each !== undefined);
  if (ref === undefined) throw unknown(text);
  return { ref, also };
}

/** The reference of a model, deployment or dataset by its name, with version or alias; undefined when there is none. */
async function meaning(ctx: Context, kind: string, name: string): Promise<string | undefined> {
  // A version is looked for in the lineage itself, which also has what is not current any more.
  if (/@\d+$/.test(name)) {
    const ref = `${kind}:${name}`;
    const lineage = await ctx.service(lineageToken);
    const [into, outOf] = await Promise.all([lineage.into(ref), lineage.outOf(ref)]);
    return into.length + outOf.length > 0 ? ref : undefined;
  }
  try {
    if (kind === 'model') {
      const model = await (await ctx.service(modelsToken)).resolve(name);
      return `model:${model.name}@${model.version}`;
    }
    if (kind === 'deployment') {
      const { deployment, revision } = await (await ctx.service(deploymentsToken)).get(name);
      return `deployment:${deployment}@${revision}`;
    }
    const dataset = await (await ctx.service(datasetsToken)).resolve(name);
    return `dataset:${dataset.dataset}@${dataset.version}`;
  } catch (thrown) {
    const isAbsent =
      isTrestleError(thrown) &&
      (['not-found', 'invalid'].includes(thrown.kind) || thrown.code === 'TRS_KERNEL_SERVICE_MISSING');
    if (isAbsent) return undefined;
    throw thrown;
  }
}

export const unknown = (text: string) =>
  systemError('TRACE_UNKNOWN', {
    kind: 'not-found',
    message: `Nothing is known of "${text}".`,
    hint: 'Give the id of a prediction (p-…) or run (r-…), or the name of a model, deployment or dataset: name, name@3, name@alias.',
    details: { ref: text },
  });
