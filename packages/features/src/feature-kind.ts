import { errorFactory, extensionPoint, type TrestleError } from '@trestle/kernel';
import type { Feature } from '@trestle/model';
import type { GraphBuilder, ValueInfo } from '@trestle/onnx';
import type { z } from 'zod';
import type { Table } from './table.ts';

/** Columns as an encoder reads them: missing numbers are NaN, missing strings '', images lie one behind the other. */
export type FeatureColumns = Readonly<Record<string, ArrayLike<number> | readonly string[]>>;

/** Adds a value to a column of a feature's block, in the row that is being encoded. */
export type Put = (column: number, value: number) => void;

/** The training part: what a feature may learn from. */
export interface LearnFrom {
  readonly table: Table;
  /** Class indices, or numbers; one a row. */
  readonly targets: Float64Array;
  /** Empty for regression. */
  readonly classes: readonly string[];
}

/** What a feature was learnt to be, as plain data that `FeatureKindParts` interprets. */
export interface FeatureStep {
  readonly kind: string;
  /** What its columns are called after. */
  readonly name: string;
}

/** A kind of feature: what it accepts, what it learns, and the same meaning twice, as arithmetic and as graph nodes. */
export interface FeatureKindParts<Spec extends z.ZodType, Step extends FeatureStep> {
  readonly kind: string;
  /** What a recipe says of such a feature: `{ kind, column?, … }`, with defaults. */
  readonly spec: Spec;
  /** The columns that a declared feature is made of. */
  readonly sources: (name: string, spec: z.output<Spec>) => readonly string[];
  /** Learns from the training part alone, in which the columns of `sources` are; several steps where a feature has several parts. @throws TRS_TRAIN_FEATURE */
  readonly learn: (name: string, spec: z.output<Spec>, from: LearnFrom) => readonly Step[];
  /** The inputs of the graph that it reads. */
  readonly inputs: (step: Step) => readonly ValueInfo[];
  /** What a caller gives for it, where that is more than a number or a string. */
  readonly schema?: (step: Step) => Feature;
  /** The names of its columns in the design matrix. */
  readonly columns: (step: Step) => readonly string[];
  /** Of each column how many categories it holds the places of, 0 of numbers; left out where all are numbers. */
  readonly categories?: (step: Step) => readonly number[];
  /** In words, for a person: what becomes of each column that it is made of. `NAME: N columns` of its kind when left out. */
  readonly describe?: (step: Step) => readonly ColumnEncoding[];
  /** How a row becomes numbers, in float32 and step by step as the nodes compute them: what was trained on is what is served. */
  readonly encoder: (step: Step, columns: FeatureColumns) => (row: number, put: Put) => void;
  /** Adds the nodes. @returns the name of its block, [batch, columns] */
  readonly nodes: (graph: GraphBuilder, step: Step) => string;
}

/** What becomes of a column, in words. */
export interface ColumnEncoding {
  readonly column: string;
  readonly encoding: string;
}

/** A feature with what was learnt of it: a block of columns of the design matrix. */
export interface LearntFeature {
  readonly step: FeatureStep;
  readonly inputs: readonly ValueInfo[];
  readonly schema: Feature | undefined;
  columns(): readonly string[];
  categories(): readonly number[];
  describe(): readonly ColumnEncoding[];
  encoder(columns: FeatureColumns): (row: number, put: Put) => void;
  nodes(graph: GraphBuilder): string;
}

/** A feature kind as its users hold it: the types of its spec and its steps stay inside. */
export interface FeatureKind<Step extends FeatureStep = never> {
  readonly kind: string;
  readonly spec: z.ZodType;
  /** @param spec as it is declared; checked, with defaults filled in. @throws TRS_TRAIN_FEATURE */
  declare(name: string, spec: unknown): DeclaredFeature;
  /** A feature of what was learnt before. */
  bind(step: Step): LearntFeature;
}

/** A feature of a recipe, before anything is learnt. */
export interface DeclaredFeature {
  readonly name: string;
  readonly kind: string;
  readonly sources: readonly string[];
  /** The spec with its defaults. */
  readonly spec: unknown;
  /** @throws TRS_TRAIN_FEATURE */
  learn(from: LearnFrom): readonly LearntFeature[];
}

/** Defines a feature kind. */
export function featureKind<Spec extends z.ZodType, Step extends FeatureStep>(
  parts: FeatureKindParts<Spec, Step>,
): FeatureKind<Step> {
  const bind = (step: Step): LearntFeature => ({
    step,
    inputs: parts.inputs(step),
    schema: parts.schema?.(step),
    columns: () => parts.columns(step),
    categories: () => parts.categories?.(step) ?? parts.columns(step).map(() => 0),
    describe: () => parts.describe?.(step) ?? plainly(parts.inputs(step), step.kind, parts.columns(step)),
    encoder: (columns) => parts.encoder(step, columns),
    nodes: (graph) => parts.nodes(graph, step),
  });
  return {
    kind: parts.kind,
    spec: parts.spec,
    bind,
    declare(name, declared) {
      const read = parts.spec.safeParse(declared);
      if (!read.success) {
        const [issue] = read.error.issues;
        throw unsuited(name, `${issue?.path.join('.') || parts.kind}: ${issue?.message}`);
      }
      const spec = read.data;
      const sources = parts.sources(name, spec);
      return {
        name,
        kind: parts.kind,
        sources,
        spec,
        learn(from) {
          const missing = sources.find((column) => !Object.hasOwn(from.table.columns, column));
          if (missing !== undefined) throw unsuited(name, `there is no column "${missing}"`);
          return parts.learn(name, spec, from).map(bind);
        },
      };
    },
  };
}

const plainly = (
  inputs: readonly ValueInfo[],
  kind: string,
  { length }: readonly string[],
): readonly ColumnEncoding[] =>
  inputs.map(({ name }) => ({
    column: name,
    encoding: `${kind}: ${length} column${length === 1 ? '' : 's'}`,
  }));

/** Where a plugin adds feature kinds of its own. */
export const featureKinds = extensionPoint<FeatureKind>('training.featureKinds');

const error = errorFactory('TRAIN');

/** A feature that cannot be made as it is declared. */
export const unsuited = (name: string, reason: string): TrestleError =>
  error('FEATURE', {
    kind: 'invalid',
    message: `The feature "${name}" cannot be made: ${reason}.`,
    hint: 'Name its column with "column", and a kind that suits it.',
    details: { feature: name },
  });
