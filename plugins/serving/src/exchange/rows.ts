import type { Prediction, Row } from '@trestle/model';
import { z } from 'zod';
import { servingError } from '../serving-error.ts';
import type { Asked, LoggedRows, Replied } from './asked.ts';
import { roundingNotes } from './field-notes.ts';
import { loggedRows } from './logged-rows.ts';
import { checkBody, parseBody } from './read-json.ts';

/** Rows that a request asks for, and what becomes of the answers to them. */
export interface RowQuestion {
  readonly kind: 'rows';
  readonly rows: readonly Row[];
  reply(found: PredictedRows): Replied;
}

/** What a model said of rows, one of each for each of them. */
export interface PredictedRows {
  readonly predictions: readonly Prediction[];
  /** What its images look like (`photo.brightness`); holes where there is none. */
  readonly statistics: readonly (Readonly<Record<string, number>> | undefined)[];
  /** Fields that the model reads as other numbers than came; holes where there is none. */
  readonly rounded: readonly (readonly string[] | undefined)[];
}

const EXAMPLE = '{"rows": [{"feature": value, …}]}';
const bodySchema = z.strictObject({ rows: z.array(z.record(z.string(), z.unknown())).min(1) });

/** The rows of `POST /v1/predict`. @throws TRS_SERVING_BODY_… , TRS_SERVING_TOO_MANY_ROWS */
export function rowsAsked(asked: Asked, maxRows: number): RowQuestion {
  const body = parseBody(asked.body, EXAMPLE);
  const rows = plainRows(body) ?? checkBody(body, bodySchema, EXAMPLE).rows;
  checkCount(rows.length, maxRows);
  return {
    kind: 'rows',
    rows,
    reply(found) {
      const outputs = JSON.stringify(found.predictions);
      const notes = roundedNotes(rows, found);
      const { id, model } = asked;
      const more = notes.length > 0 ? `,"notes":${JSON.stringify(notes)}` : '';
      return {
        kind: 'replied',
        rows: rows.length,
        body: `{"id":"${id}","model":${JSON.stringify(model)},"predictions":${outputs}${more}}`,
        logged: logged(rows, found, outputs),
      };
    },
  };
}

/** What almost every body is: the schema is for saying what is wrong with others. */
function plainRows(body: unknown): readonly Row[] | undefined {
  if (!isRecord(body) || !Array.isArray(body.rows) || body.rows.length === 0) return undefined;
  return Object.keys(body).length === 1 && body.rows.every(isRecord) ? body.rows : undefined;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws TRS_SERVING_TOO_MANY_ROWS */
export function checkCount(rows: number, maxRows: number): void {
  if (rows <= maxRows) return;
  throw servingError('TOO_MANY_ROWS', {
    kind: 'too-large',
    message: `${rows} rows in one request; ${maxRows} are allowed.`,
    hint: 'Send them in several requests, or use "trestle predict" for whole files.',
  });
}

/** What the log keeps of rows and of what was said of them. */
export const logged = (
  rows: readonly Row[],
  { statistics, predictions }: PredictedRows,
  outputs = JSON.stringify(predictions),
): LoggedRows => ({
  count: rows.length,
  inputs: JSON.stringify(loggedRows(rows, statistics)),
  outputs,
  imputed: predictions.filter(({ imputed }) => Array.isArray(imputed) && imputed.length > 0).length,
});

/** What is to be said of numbers that the model reads as others. */
export function roundedNotes(rows: readonly Row[], { rounded }: PredictedRows): readonly string[] {
  if (rounded.length === 0) return [];
  const rounding = roundingNotes();
  rounding.take(rows, rounded);
  return rounding.notes();
}
