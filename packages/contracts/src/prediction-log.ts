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
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** One per row. */
  readonly predictions: readonly Readonly<Record<string, unknown>>[];
}

/** Keeps what was predicted, for drift, labels and traces. Provided by the monitoring plugin. */
export interface PredictionLog {
  /** Takes an entry into a bounded buffer and returns at once; the buffer is written in groups. */
  append(entry: LoggedPrediction): void;
  /** Waits until everything taken so far is durable. */
  flush(): Promise<void>;
}

export const predictionLogToken = token<PredictionLog>('monitoring.prediction-log');
