import { resolve } from 'node:path';
import type { Column, DatasetVersion } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { dataConfig } from '../data-config.ts';
import { dataError } from '../data-error.ts';
import { columnTypeOf } from '../engine/column-types.ts';
import { type Engine, openEngine } from '../engine/engine.ts';
import { identifier, literal } from '../engine/quote.ts';
import { checkFunctions } from '../expectation/check-functions.ts';
import { checkSuite } from '../expectation/check-suite.ts';
import { comparedVersions } from '../expectation/compared-versions.ts';
import { addNulls, refuseFailures } from '../version/add-version.ts';
import { commitVersion } from '../version/commit-version.ts';
import { schemaOf } from '../version/manifest.ts';
import { parquetRelation, partFiles } from '../version/version-relation.ts';
import { readManifest } from '../version/versions.ts';
import { storePart, type WrittenPart, writePart } from '../version/write-part.ts';
import { columnEdges, keepColumnEdges } from './column-edges.ts';
import type { Decision, StepVersions } from './decide-step.ts';
import type { GraphStep } from './graph.ts';
import { isSqlStep, type ModuleStep, type SqlStep } from './pipeline.ts';
import { plainSelect } from './plain-select.ts';
import { runInThread } from './step-thread.ts';

interface Input {
  readonly version: DatasetVersion;
  readonly files: readonly string[];
}

/** What the step is called at the beginning of a sentence (`Step "words" of "features"`), and as the source of what it makes. */
interface MakerNames {
  readonly shown: string;
  readonly source: string;
}

/** Makes a step's rows, checks them, and commits them as a version. Whatever fails before leaves nothing. */
export async function makeStep(
  ctx: Context,
  graphStep: GraphStep,
  { inputs: versions, compared }: StepVersions,
  { append }: Decision,
  { shown, source }: MakerNames,
  onRows: (rows: number) => void,
): Promise<DatasetVersion> {
  const { name, step, output, suite } = graphStep;
  const workspace = await (await ctx.service(blobsToken)).workspace();
  try {
    const inputs = new Map<string, Input>();
    for (const [input, version] of versions) {
      const manifest = await readManifest(ctx, version.digest);
      const read = append && input === step.incremental ? { ...manifest, parts: append.newParts } : manifest;
      inputs.set(input, { version, files: await partFiles(ctx, read) });
    }
    const files = [...inputs.values()].flatMap((input) => input.files);
    const engine = await openEngine(ctx, { files, dirs: [workspace.dir], signal: ctx.signal });
    try {
      const written = isSqlStep(step)
        ? await runSql(engine, name, step, inputs, workspace.dir)
        : await runModule(ctx, step, inputs, workspace.dir, onRows);
      const part = { ...written, columns: withFacts(written.columns, versions) };
      if (append) checkSameColumns(name, append.manifest.columns, part.columns);
      if (suite && part.rows > 0) {
        // Of what is appended to, every row was checked when it was made; the whole is checked with what is new.
        const before = append ? await partFiles(ctx, append.manifest) : [];
        const others = await comparedVersions(ctx, suite, compared);
        const files = [...before, ...others.files];
        const checking = await openEngine(ctx, { files, dirs: [workspace.dir], signal: ctx.signal });
        try {
          const whole = { files: [...before, part.path], columns: part.columns };
          const found = await checkFunctions(ctx, suite, whole, workspace.dir);
          const relation = parquetRelation(whole.files);
          refuseFailures(
            await checkSuite(checking, relation, suite, { found, compared: others.compared }),
            shown,
          );
        } finally {
          checking.close();
        }
      }
      const isNothingNew = append !== undefined && part.rows === 0;
      const parts = isNothingNew ? [] : [await storePart(ctx, part, shown)];
      const made = await commitVersion(ctx, ctx, {
        dataset: output,
        manifest: {
          format: 1,
          columns: schemaOf(part.columns),
          parts: [...(append?.manifest.parts ?? []), ...parts],
        },
        columns: addNulls(part.columns, append?.before.columns),
        source,
        madeFrom: [...edgesOf(versions, 'transformed'), ...edgesOf(compared, 'compared')],
      });
      if (isSqlStep(step)) {
        const [row] = await engine.rows(
          `SELECT json_serialize_sql(${literal(plainSelect(step.sql))}) AS tree`,
        );
        const names = part.columns.map((column) => column.name);
        const edges = columnEdges(String(row?.tree), names, versions);
        await keepColumnEdges(ctx, made, edges ?? [], versions);
      }
      return made;
    } finally {
      engine.close();
    }
  } finally {
    await workspace.remove();
  }
}

/** A fact of a file that is handed on under its name stays one. */
const withFacts = (
  columns: readonly Column[],
  inputs: ReadonlyMap<string, DatasetVersion>,
): readonly Column[] => {
  const facts = [...inputs.values()].flatMap((input) => input.columns).filter((column) => column.about);
  return columns.map((column) => ({
    ...column,
    about: facts.find(({ name, type }) => name === column.name && type === column.type)?.about,
  }));
};

const edgesOf = (versions: ReadonlyMap<string, DatasetVersion>, kind: string) =>
  [...versions.values()].map(({ dataset, version }) => ({ ref: `dataset:${dataset}@${version}`, kind }));

async function runSql(
  engine: Engine,
  name: string,
  step: SqlStep,
  inputs: ReadonlyMap<string, Input>,
  dir: string,
): Promise<WrittenPart> {
  for (const [input, { files }] of inputs)
    await engine.run(`CREATE VIEW ${identifier(input)} AS SELECT * FROM ${parquetRelation(files)}`);
  const sql = plainSelect(step.sql);
  const described = await engine.rows(`DESCRIBE ${sql}`, step.params);
  const columns = described.map((row) => ({
    name: String(row.column_name),
    type: columnTypeOf(String(row.column_type)),
  }));
  checkWrites(name, step, columns);
  // A new line, so that a comment at the end of the query ends with it.
  return await writePart(engine, `(${sql}\n)`, columns, dir, step.params);
}

async function runModule(
  ctx: Context,
  step: ModuleStep,
  inputs: ReadonlyMap<string, Input>,
  dir: string,
  onRows: (rows: number) => void,
): Promise<WrittenPart> {
  const [input] = inputs.values();
  if (!input) throw new RangeError('A step of a module has one input.');
  const { memoryMiB, threads } = ctx.config(dataConfig);
  const task = {
    exports: 'step' as const,
    module: resolve(ctx.project.dir, step.module),
    shown: step.module,
    params: step.params,
    batchRows: step.batchRows,
    input: {
      files: input.files,
      columns: input.version.columns.map(({ name, type }) => ({ name, type })),
    },
    dir,
    engine: { memoryMiB, threads },
  };
  return await runInThread(task, ctx.signal, onRows);
}

function checkWrites(name: string, step: SqlStep, columns: readonly Omit<Column, 'nulls'>[]): void {
  for (const [column, type] of Object.entries(step.writes ?? {})) {
    const found = columns.find((one) => one.name === column);
    if (found?.type === type) continue;
    throw dataError('STEP_OUTPUT', {
      kind: 'invalid',
      message: `Step "${name}" promises ${type} "${column}", ${found ? `which is ${found.type}` : 'which its query does not give'}.`,
      hint: `It gives ${columns.map((one) => `${one.name}: ${one.type}`).join(', ')}.`,
      details: { column },
    });
  }
}

function checkSameColumns(
  name: string,
  before: readonly Omit<Column, 'nulls'>[],
  now: readonly Omit<Column, 'nulls'>[],
): void {
  const text = (columns: readonly Omit<Column, 'nulls'>[]): string =>
    columns.map((column) => `${column.name}: ${column.type}`).join(', ');
  if (text(before) === text(now)) return;
  throw dataError('COLUMNS_DIFFER', {
    kind: 'invalid',
    message: `Step "${name}" is incremental, and its new rows have other columns than those before: ${text(now)} instead of ${text(before)}.`,
    hint: 'Name the types in the query (CAST), or run the pipeline with --force.',
  });
}
