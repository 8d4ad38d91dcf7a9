import { resolve } from 'node:path';
import type { Column, DatasetVersion } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { columnTypeOf, exactRelation, isInexact, storedTypeOf, type TypedColumn } from '@trestle/tables';
import { identifier } from '@trestle/tables/sql';
import { refuseFailures } from '../add/add-version.ts';
import { dataConfig } from '../config/data-config.ts';
import { isSqlStep, type ModuleStep, type SqlStep } from '../config/steps.ts';
import { dataError } from '../data-error.ts';
import { checkFunctions } from '../expectation/check-functions.ts';
import { checkSuite } from '../expectation/check-suite.ts';
import { comparedVersions } from '../expectation/compared-versions.ts';
import { runInThread } from '../thread/step-thread.ts';
import { addNulls } from '../version/add-nulls.ts';
import { type Along, commitStored } from '../version/commit-version.ts';
import { type Manifest, schemaOf } from '../version/manifest.ts';
import { storeManifest, storeWithPart } from '../version/store-version.ts';
import { parquetRelation } from '../version/version-relation.ts';
import { checkRows, type WrittenPart, writePart } from '../version/write-part.ts';
import { columnEdges, keepColumnEdges } from './column-edges.ts';
import type { DataStep } from './data-step.ts';
import type { Decision, StepReads } from './decide-step.ts';
import { plainSelect } from './plain-select.ts';
import { type StepRows, versionsOf } from './step-rows.ts';
import type { StepTables } from './step-tables.ts';
import type { Workshop } from './workshop.ts';

interface Input {
  readonly columns: readonly TypedColumn[];
  readonly files: readonly string[];
}

export interface Making {
  /** What the step is called at the beginning of a sentence (`Step "words" of "features"`), and as the source of what it makes. */
  readonly shown: string;
  readonly source: string;
  readonly onRows: (rows: number) => void;
  /** Called when the rows are made and can be read: all that is left is to make a version of them. */
  readonly onMade?: ((rows: Omit<StepRows, 'version'>) => void) | undefined;
  /** What becomes durable with the version. */
  readonly along: Along;
}

/** Makes a step's rows, checks them, and commits them as a version. Whatever fails before leaves nothing. */
export async function makeStep(
  ctx: Context,
  workshop: Workshop,
  { name, step, output, suite, tree }: DataStep,
  reads: StepReads,
  { append }: Decision,
  { shown, source, onRows, onMade, along }: Making,
): Promise<DatasetVersion> {
  const folder = await workshop.folder();
  let isSmall = false;
  try {
    const inputs = new Map<string, Input>();
    for (const [input, rows] of reads.inputs) {
      const isAppended = append !== undefined && input === step.incremental;
      const parts = isAppended ? append.newParts : (await rows.manifest()).parts;
      inputs.set(input, { columns: rows.columns, files: await workshop.filesOf(parts) });
    }
    const written = isSqlStep(step)
      ? await runSql(workshop, name, step, inputs, { dir: folder.dir, before: append?.manifest.columns })
      : await runModule(ctx, step, inputs, folder.dir, onRows);
    const part = { ...written, columns: withFacts(written.columns, inputs) };
    if (append) checkSameColumns(name, append.manifest.columns, part.columns);
    if (suite && part.rows > 0) {
      // Of what is appended to, every row was checked when it was made; the whole is checked with what is new.
      const before = append ? await workshop.filesOf(append.manifest.parts) : [];
      const others = await comparedVersions(ctx, suite, await versionsOf(reads.compared));
      const whole = { files: [...before, part.path], columns: part.columns };
      const engine = await workshop.engineFor([...whole.files, ...others.files]);
      try {
        const found = await checkFunctions(ctx, suite, whole, folder.dir);
        const relation = parquetRelation(whole.files);
        refuseFailures(
          await checkSuite(engine, relation, suite, { found, compared: others.compared }),
          shown,
        );
      } finally {
        engine.close();
      }
    }
    const isNothingNew = append !== undefined && part.rows === 0;
    if (!isNothingNew) checkRows(part, shown);
    const columns = addNulls(part.columns, append?.before.columns);
    const others: Manifest = {
      format: 1,
      columns: schemaOf(part.columns),
      parts: append?.manifest.parts ?? [],
    };
    const stored = isNothingNew
      ? await storeManifest(ctx, others)
      : await storeWithPart(ctx, others, part, ({ manifest, digest }) => {
          isSmall = true;
          workshop.keep(manifest.parts.at(-1)?.digest ?? '', part.path);
          onMade?.({ dataset: output, digest, columns, manifest: async () => manifest });
        });
    // The versions that it was made of come first.
    const [inputVersions, compared] = [await versionsOf(reads.inputs), await versionsOf(reads.compared)];
    const madeFrom = [...edgesOf(inputVersions, 'transformed'), ...edgesOf(compared, 'compared')];
    const made = { dataset: output, ...stored, columns, source, madeFrom };
    const names = part.columns.map((column) => column.name);
    const edges = tree === undefined ? undefined : (columnEdges(tree, names, inputVersions) ?? []);
    return await commitStored(ctx, ctx, made, async (db, version) => {
      if (edges) await keepColumnEdges(db.withTables<StepTables>(), version, edges, inputVersions);
      await along(db, version);
    });
  } finally {
    // A small part is read there by the next steps.
    if (!isSmall) await folder.remove();
  }
}

/** A fact of a file that is handed on under its name stays one. */
const withFacts = (columns: readonly Column[], inputs: ReadonlyMap<string, Input>): readonly Column[] => {
  const facts = [...inputs.values()].flatMap((input) => input.columns).filter((column) => column.about);
  return columns.map((column) => ({
    ...column,
    about: facts.find(({ name, type }) => name === column.name && type === column.type)?.about,
  }));
};

const edgesOf = (versions: ReadonlyMap<string, DatasetVersion>, kind: string) =>
  [...versions.values()].map(({ dataset, version }) => ({ ref: `dataset:${dataset}@${version}`, kind }));

async function runSql(
  workshop: Workshop,
  name: string,
  step: SqlStep,
  inputs: ReadonlyMap<string, Input>,
  { dir, before }: { readonly dir: string; readonly before: readonly TypedColumn[] | undefined },
): Promise<WrittenPart> {
  const engine = await workshop.engineFor([...inputs.values()].flatMap(({ files }) => files));
  try {
    // Temporary: no other step sees them.
    for (const [input, { files }] of inputs)
      await engine.run(`CREATE TEMP VIEW ${identifier(input)} AS SELECT * FROM ${parquetRelation(files)}`);
    const sql = plainSelect(step.sql);
    const described = await engine.rows(`DESCRIBE ${sql}`, step.params);
    const found = described.map((row) => ({
      name: String(row.column_name),
      duckType: String(row.column_type),
    }));
    const columns = found.map((column) => stepColumn(column, before));
    checkWrites(name, step, columns);
    // A new line, so that a comment at the end of the query ends with it.
    const relation = `(${sql}\n)`;
    if (!before) return await writePart(engine, relation, columns, dir, step.params);
    return await writePart(engine, exactRelation(relation, columns, found), columns, dir, step.params).catch(
      (thrown: unknown) => {
        throw isInexact(thrown) ? inexact(name, before) : thrown;
      },
    );
  } finally {
    engine.close();
  }
}

/** A column of a query as it is kept: a decimal with its places, or in the way of the rows that it comes behind. */
function stepColumn(
  { name, duckType }: { readonly name: string; readonly duckType: string },
  before: readonly TypedColumn[] | undefined,
): TypedColumn {
  const type = columnTypeOf(duckType);
  const same = before?.find((column) => column.name === name && column.type === type);
  if (same) return { name, type, stored: same.stored };
  const [, digits, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(duckType) ?? [];
  if (digits === undefined) return { name, type };
  return { name, type, stored: `DECIMAL(${Number(digits) <= 18 ? 18 : 38},${Number(scale)})` };
}

const inexact = (name: string, before: readonly TypedColumn[]) =>
  dataError('VALUE_CHANGED', {
    kind: 'invalid',
    message: `Step "${name}" is incremental, and a value of its new rows would become another one among those before: ${before.map((column) => `${column.name} is ${storedTypeOf(column)}`).join(', ')}.`,
    hint: 'Round it in the query (CAST), or run the pipeline with --force.',
  });

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
      columns: input.columns.map(({ name, type }) => ({ name, type })),
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
