import { randomBytes } from 'node:crypto';
import { type Deployment, predictionLogToken } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import type { Prediction, Row } from '@trestle/model';
import { inferencePoolToken } from '../inference/inference-pool-token.ts';
import { servingConfig } from '../serving-config.ts';
import { servingError } from '../serving-error.ts';
import { roundingNotes } from './field-notes.ts';
import { loggedRows } from './logged-rows.ts';

export interface Answered {
  /** `p-…`: labels and traces name it. */
  readonly id: string;
  readonly predictions: readonly Prediction[];
  /** What was asked and could not be read as it is. */
  readonly notes: readonly string[];
}

/** `p-`, the millisecond and 48 random bits: what comes later sorts later, so that the log grows at its end. */
const newPredictionId = (): string =>
  `p-${Date.now().toString(16).padStart(12, '0')}${randomBytes(6).toString('hex')}`;

/** Answers rows with the deployment's model, and logs what was asked and answered. @throws TRS_MODEL_ROW_INVALID, TRS_SERVING_… */
export async function answerRows(
  scope: Scope,
  deployment: Deployment,
  rows: readonly Row[],
): Promise<Answered> {
  const { maxRows } = scope.config(servingConfig);
  if (rows.length > maxRows) {
    throw servingError('TOO_MANY_ROWS', {
      kind: 'too-large',
      message: `${rows.length} rows in one request; ${maxRows} are allowed.`,
      hint: 'Send them in several requests, or use "trestle predict" for whole files.',
    });
  }
  const startedAt = performance.now();
  const pool = await scope.service(inferencePoolToken);
  const { predictions, statistics, rounded } = await pool.run(deployment.model.digest, {
    kind: 'predict',
    rows,
  });
  const rounding = roundingNotes();
  rounding.take(rows, rounded);
  const id = newPredictionId();
  const log = await scope.service(predictionLogToken);
  log.append({
    id,
    deployment: deployment.deployment,
    revision: deployment.revision,
    model: { name: deployment.model.name, version: deployment.model.version },
    time: new Date().toISOString(),
    latencyMs: performance.now() - startedAt,
    rows: loggedRows(rows, statistics),
    predictions,
  });
  return { id, predictions, notes: rounding.notes() };
}
