import { datasetVersionSchema, type OpenSteps, type StepProduct, type StepReads } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { dataConfig } from '../config/data-config.ts';
import type { Step } from '../config/steps.ts';
import type { Suite } from '../config/suite.ts';
import { dataError } from '../data-error.ts';
import { comparedReferences } from '../expectation/compared-versions.ts';
import { configuredSuite } from '../expectation/load-suite.ts';
import { resolveVersion } from '../version/versions.ts';
import { currentAgain } from './current-again.ts';
import { type DataStep, namesRead } from './data-step.ts';
import { decideStep } from './decide-step.ts';
import { makeStep } from './make-step.ts';
import { rememberMade } from './step-records.ts';
import { rowsOf, type StepRows } from './step-rows.ts';
import type { StepTables } from './step-tables.ts';
import { openWorkshop } from './workshop.ts';

/** The maker of steps that make datasets: by SQL, and by functions in threads. They share an engine and a folder. */
export const openDataSteps: OpenSteps<Step> = async (ctx) => {
  const workshop = openWorkshop(ctx);
  const described = new Map<string, DataStep>();
  const { productOf, rowsIn } = products(ctx);
  const stepOf = (name: string): DataStep => {
    const found = described.get(name);
    if (!found) throw new RangeError(`The step "${name}" was not described.`);
    return found;
  };
  const allRows = async (reads: StepReads['inputs']): Promise<ReadonlyMap<string, StepRows>> =>
    new Map(
      await Promise.all(
        [...reads].map(async ([name, product]) => [name, await rowsIn(name, product)] as const),
      ),
    );
  return {
    atOnce: ctx.config(dataConfig).parallelSteps,
    async describe({ pipeline, name, step }) {
      const { names, tree } = await namesRead(workshop.syntaxTree, step, `Step "${name}" of "${pipeline}"`);
      if (step.incremental !== undefined && !names.includes(step.incremental)) {
        throw dataError('PIPELINE', {
          kind: 'invalid',
          message: `The pipeline "${pipeline}" cannot run: step "${name}" is incremental over "${step.incremental}", which it does not read.`,
          hint: `It reads ${names.join(', ')}.`,
          details: { pipeline },
        });
      }
      const output = step.as ?? `${pipeline}.${name}`;
      const suite = await suiteOf(ctx, step, output);
      described.set(name, { name, step, output, suite, tree });
      return { inputs: names, compares: suite ? [...comparedReferences(suite).keys()] : [], output };
    },
    outside: async (name) => productOf(rowsOf(ctx, await resolveVersion(ctx, name))),
    async decide({ pipeline, name }, reads, isForced) {
      const step = stepOf(name);
      const read = { inputs: await allRows(reads.inputs), compared: await allRows(reads.compared) };
      const decision = await decideStep(ctx, pipeline, step, read, isForced);
      const { cached, reason, key, parts, append } = decision;
      if (cached)
        return {
          state: 'cached',
          reason,
          product: productOf(rowsOf(ctx, cached)),
          reuse: async () => productOf(rowsOf(ctx, await currentAgain(ctx, cached))),
        };
      return {
        state: append ? 'appended' : 'ran',
        reason,
        async make({ report, onMade }) {
          const version = makeStep(ctx, workshop, step, read, decision, {
            shown: `Step "${name}" of "${pipeline}"`,
            source: `pipeline ${pipeline}, step ${name}`,
            onRows: (rows) => report(`${rows.toLocaleString('en-US')} rows`),
            onMade: onMade && ((rows) => onMade(productOf({ ...rows, version: () => version }))),
            along: async (db, { digest }) =>
              await rememberMade(db.withTables<StepTables>(), { key, pipeline, step: name, digest, parts }),
          });
          return productOf(rowsOf(ctx, await version));
        },
      };
    },
    close: workshop.close,
  };
};

/** What a step's rows must meet; expectations in files are read as they are now. */
async function suiteOf(ctx: Context, { expect }: Step, output: string): Promise<Suite | undefined> {
  if (typeof expect === 'string') return await configuredSuite(ctx, output, expect);
  return expect && { expectations: expect };
}

const versionSchema = datasetVersionSchema.pick({ dataset: true, version: true });

/** Rows as products of steps, and the rows of products: also of those that steps of another kind made. */
function products(ctx: Context) {
  const known = new WeakMap<StepProduct, StepRows>();
  const productOf = (rows: StepRows): StepProduct => {
    const product: StepProduct = {
      async done() {
        const { dataset, version, digest, rows: count } = await rows.version();
        return {
          output: `${dataset}@${version}`,
          rows: count,
          result: { dataset, version, digest, rows: count },
        };
      },
    };
    known.set(product, rows);
    return product;
  };
  const rowsIn = async (name: string, product: StepProduct): Promise<StepRows> => {
    const own = known.get(product);
    if (own) return own;
    const { data: made } = versionSchema.safeParse((await product.done()).result);
    if (made) return rowsOf(ctx, await resolveVersion(ctx, `${made.dataset}@${made.version}`));
    throw dataError('STEP_INPUT', {
      kind: 'invalid',
      message: `The step "${name}" made no version of a dataset, and its rows are read.`,
      hint: 'Read a step that makes one: data.add, a query, a module.',
      details: { step: name },
    });
  };
  return { productOf, rowsIn };
}
