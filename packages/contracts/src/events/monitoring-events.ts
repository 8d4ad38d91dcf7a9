import { defineEvent } from '@trestle/kernel/spec';
import { z } from 'zod';
import { alertSchema } from '../alerts.ts';

/** An alert was opened, with the measurements that opened it. */
export const alertFired = defineEvent(
  'alert.fired',
  alertSchema.extend({ details: z.record(z.string(), z.unknown()).optional() }),
);
export const alertAcknowledged = defineEvent('alert.acknowledged', alertSchema);
export const alertResolved = defineEvent('alert.resolved', alertSchema);

/** Labels of earlier predictions came in. */
export const feedbackReceived = defineEvent(
  'feedback.received',
  z.object({ deployment: z.string(), added: z.number(), changed: z.number(), unmatched: z.number() }),
);

const modelVersion = z.object({ name: z.string(), version: z.number().int() });
const metrics = z.record(z.string(), z.number().nullable());

/** A retraining ended: what was compared on which rows, and what came of it. */
export const retrainFinished = defineEvent(
  'retrain.finished',
  z.object({
    retrain: z.string(),
    deployment: z.string(),
    alert: z.string().optional(),
    labelledRows: z.number().int(),
    dataset: z.string(),
    run: z.string(),
    champion: modelVersion,
    challenger: modelVersion,
    rows: z.number().int(),
    metric: z.string(),
    margin: z.number(),
    metrics: z.object({ champion: metrics, challenger: metrics }),
    promoted: z.boolean(),
    reason: z.string(),
  }),
);
