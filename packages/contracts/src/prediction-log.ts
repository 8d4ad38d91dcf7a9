import { token } from '@trestle/kernel/spec';

/** One answered request. */
export interface LoggedPrediction {
  /** The `id` of the answer. */
  readonly id: string;
  readonly deployment: string;
  readonly revision: number;
  readonly model: { readonly name: string; readonly version: number };
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly latencyMs: number;
  /** How many rows were asked. */
  readonly count: number;
  /** The rows, as a JSON list of objects: they are written as they are. */
  readonly inputs: string;
  /** What was said of each row, in the same order and form. */
  readonly outputs: string;
  /** Rows of which a feature was missing that never was in training. */
  readonly imputed: number;
}

/** A request that was not answered for no fault of the caller's. */
export interface FailedPrediction {
  readonly deployment: string;
  readonly model: { readonly name: string; readonly version: number };
  /** The error's code. */
  readonly code: string;
}

/** Keeps what was predicted, for drift, labels and traces. Provided by the monitoring plugin. */
export interface PredictionLog {
  /** Counts a request that was not answered, and returns at once. */
  fail(failed: FailedPrediction): void;
  /** Takes an entry into a bounded buffer and returns at once; the buffer is written in groups. */
  append(entry: LoggedPrediction): void;
  /** Waits until everything taken so far is durable. */
  flush(): Promise<void>;
}

export const predictionLogToken = token<PredictionLog>('monitoring.prediction-log');

/** The first row of an answered request of which the label has come. */
export interface LabelledAnswer {
  /** The `id` of the answer. */
  readonly id: string;
  readonly revision: number;
  readonly time: string;
  readonly output: Readonly<Record<string, unknown>>;
  readonly label: string | number | boolean;
}

/** What a revision of a deployment answered in a time. */
export interface RecentAnswers {
  readonly deployment: string;
  readonly revision: number;
  readonly model: { readonly name: string; readonly version: number };
  readonly requests: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
}

/** What was answered, as the prediction log keeps it. Provided by the monitoring plugin. */
export interface Answers {
  /** The newest labelled answers of a deployment since a time (ISO 8601), at most so many. */
  labelled(deployment: string, since: string, limit: number): Promise<readonly LabelledAnswer[]>;
  /** What each revision answered since a time (ISO 8601), by at most the newest 20,000 requests. */
  recent(since: string): Promise<readonly RecentAnswers[]>;
}

export const answersToken = token<Answers>('monitoring.answers');
