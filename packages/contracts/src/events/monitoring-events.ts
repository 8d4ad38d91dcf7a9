import { defineEvent } from '@trestle/kernel/spec';
import { z } from 'zod';
import { alertSchema } from '../alerts.ts';
import { incidentSchema } from '../incidents.ts';

/** As the log of earlier versions has them too. */
const alert = alertSchema.extend({
  severity: alertSchema.shape.severity.default('warning'),
  features: alertSchema.shape.features.default([]),
});

/** An alert was opened, with the measurements that opened it. */
export const alertFired = defineEvent(
  'alert.fired',
  alert.extend({ details: z.record(z.string(), z.unknown()).optional() }),
);
/** What an open alert is about has become more, or worse. */
export const alertGrew = defineEvent('alert.grew', alert);
export const alertAcknowledged = defineEvent('alert.acknowledged', alert);
export const alertResolved = defineEvent('alert.resolved', alert);

/** Somebody who was to be told of an alert could not be told for as long as it was tried. */
export const notificationLost = defineEvent(
  'notification.lost',
  z.object({
    channel: z.string(),
    alert: z.string(),
    since: z.string(),
    attempts: z.number().int(),
    error: z.string(),
  }),
);

const incident = incidentSchema.omit({ alerts: true });
export const incidentOpened = defineEvent('incident.opened', incident);
/** An alert of the same cause joined it, or it became more severe. */
export const incidentGrew = defineEvent('incident.grew', incident);
/** What it was about came again soon after it had ended. */
export const incidentReopened = defineEvent('incident.reopened', incident);
export const incidentAcknowledged = defineEvent('incident.acknowledged', incident);
export const incidentSilenced = defineEvent('incident.silenced', incident);
export const incidentResolved = defineEvent('incident.resolved', incident);

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
