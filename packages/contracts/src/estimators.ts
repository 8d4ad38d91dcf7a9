import { extensionPoint } from '@trestle/kernel/spec';
import type { GraphPart } from '@trestle/onnx';
import type { SearchParams, SearchSpace } from './search.ts';
import type { Task } from './training.ts';

/** Rows as an estimator sees them: every feature as numbers. */
export interface Design {
  readonly rows: number;
  readonly width: number;
  /** [rows, width] in row-major order. */
  readonly matrix: Float32Array;
  /** Of each column how many categories it holds the places of, 0 of numbers; left out where all are numbers. */
  readonly categories?: readonly number[];
}

/**
 * How columns reach an estimator when nothing else is declared. `scaled`: missing numbers imputed and flagged, scaled, compared with
 * some quantiles, a column for each category. `plain`: numbers as they are, NaN where one is missing, and categories as places.
 */
export type Encoding = 'scaled' | 'plain';

export interface FitOptions {
  readonly task: Task;
  /** Class indices, or numbers with mean 0 and standard deviation 1; one a row. */
  readonly targets: Float64Array;
  /** How much each row counts, from 0 on; all alike when left out. Only given to estimators that say that they take them. */
  readonly weights?: Float64Array;
  /** 1, or how many classes there are. */
  readonly outputs: number;
  readonly seed: number;
  /** Aborted when the fit is to end: it throws the signal's reason within a second. */
  readonly signal: AbortSignal;
  /**
   * Rows that are not fitted, and how good predictions of them are: more is better. Asked after each round (an epoch, a tree), or
   * once; a fit may stop early by it. Left out when the model that is kept is fitted, on all training rows.
   */
  readonly validation?: { readonly design: Design; readonly judge: (predictions: Float32Array) => number };
  /** How many rounds served best under validation, for the fit without. */
  readonly rounds?: number;
  /** Told after each round. @param fraction between 0 and 1 */
  readonly onRound: (fraction: number, values: Readonly<Record<string, number>>) => void;
}

export interface FittedEstimator {
  /** The round after which validation was best; of a fit without rounds 1. */
  readonly rounds: number;
  /** Probabilities [rows, outputs] (of two classes that of the second), or values in the unit of the targets. */
  predict(design: Design): Float32Array;
  /** The same as nodes of the model's graph: from the design matrix to [batch, outputs]. */
  readonly head: GraphPart;
  /** What a person is to know of how it was fitted: that it ended before its optimum. */
  readonly notes?: readonly string[];
}

/** Something that can be fitted to a design matrix. */
export interface Estimator<Settings> {
  /** What `--estimator` calls it. */
  readonly name: string;
  /** Other names that `--estimator` takes for it. */
  readonly aliases?: readonly string[];
  readonly tasks: readonly Task[];
  /** `scaled` where left out. */
  readonly encoding?: Encoding;
  /** Whether a fit honours `weights`. */
  readonly takesWeights?: boolean;
  /** Whether `auto` tries it; it does where left out. */
  readonly isInAuto?: boolean;
  /** The settings that are tried: the validation part decides between them. Plain data, as it is recorded. */
  readonly space: readonly Settings[];
  /** What `--trials` searches besides: ranges by name, and the settings that drawn parameters make. */
  readonly search?: { readonly space: SearchSpace; readonly settings: (params: SearchParams) => Settings };
  /** Settings in words: what tells them from the others of this estimator. */
  readonly describe: (settings: Settings) => string;
  readonly load: () => Promise<Fit<Settings>>;
}

/** Equal arguments give equal models, bit for bit. */
export type Fit<Settings> = (
  design: Design,
  settings: Settings,
  options: FitOptions,
) => Promise<FittedEstimator>;

/** One setting of an estimator, as its users hold it: the type of the settings stays inside. */
export interface EstimatorCandidate {
  readonly estimator: string;
  readonly aliases: readonly string[];
  /** `linear (penalty 10)` */
  readonly label: string;
  readonly tasks: readonly Task[];
  readonly encoding: Encoding;
  readonly takesWeights: boolean;
  readonly isInAuto: boolean;
  /** What a search may draw of its estimator, and the candidate that drawn parameters make. */
  readonly search?: {
    readonly space: SearchSpace;
    readonly candidate: (params: SearchParams) => EstimatorCandidate;
  };
  fit(design: Design, options: FitOptions): Promise<FittedEstimator>;
}

/** Defines an estimator: what a plugin contributes to `estimators`. */
export function estimator<Settings>(parts: Estimator<Settings>): readonly EstimatorCandidate[] {
  const { search } = parts;
  const candidateOf = (settings: Settings): EstimatorCandidate => ({
    estimator: parts.name,
    label: `${parts.name} ${parts.describe(settings)}`.trim(),
    aliases: parts.aliases ?? [],
    tasks: parts.tasks,
    encoding: parts.encoding ?? 'scaled',
    takesWeights: parts.takesWeights ?? false,
    isInAuto: parts.isInAuto ?? true,
    ...(search
      ? {
          search: {
            space: search.space,
            candidate: (params: SearchParams) => candidateOf(search.settings(params)),
          },
        }
      : {}),
    fit: async (design, options) => await (await parts.load())(design, settings, options),
  });
  return parts.space.map(candidateOf);
}

/** Where a plugin adds estimators of its own. */
export const estimators = extensionPoint<readonly EstimatorCandidate[]>('training.estimators');
