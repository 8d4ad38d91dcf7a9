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

/** Keeps what was predicted, for drift, labels and traces. Provided by the monitoring plugin. */
export interface PredictionLog {
  /** Takes an entry into a bounded buffer and returns at once; the buffer is written in groups. */
  append(entry: LoggedPrediction): void;
  /** Waits until everything taken so far is durable. */
  flush(): Promise<void>;
}

export const predictionLogToken = token<PredictionLog>('monitoring.prediction-log');
