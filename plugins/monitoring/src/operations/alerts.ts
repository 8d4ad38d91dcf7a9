import { alertSchema, resource, resources } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { deploymentNameSchema } from '../feedback/feedback-schemas.ts';
import { alertViews, undeliveredViews } from '../view/alert-view.ts';

export const monitorAlerts = operation({
  id: 'monitor.alerts',
  summary: 'Alerts, newest first.',
  kind: 'query',
  access: 'monitor:read',
  resource: ({ deployment }) => resources({ deployment }),
  input: z.object({
    deployment: deploymentNameSchema.optional().describe('Only this deployment'),
    state: z.enum(['open', 'resolved', 'all']).default('all').describe('Only open or only resolved ones'),
    limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('At most this many'),
  }),
  output: z.object({
    alerts: z.array(alertSchema),
    undelivered: z
      .array(
        z.object({
          channel: z.string(),
          alert: z.string(),
          state: z.enum(['fired', 'resolved']),
          since: z.string(),
          attempts: z.number().int(),
          error: z.string().describe('Why the last attempt failed.'),
          nextAt: z.string().optional(),
          givenUpAt: z.string().optional(),
        }),
      )
      .describe('Who could not be told of them yet, or at all.'),
  }),
  positionals: ['deployment'],
  load: () => import('./alerts-handler.ts').then((module) => module.alerts),
  present: (output) => [...alertViews(output.alerts), ...undeliveredViews(output.undelivered)],
});

export const monitorAcknowledge = operation({
  id: 'monitor.acknowledge',
  summary: 'Marks an alert as seen; it stays until its cause is gone.',
  kind: 'command',
  access: 'monitor:write',
  resource: ({ alert }) => resource('alert', alert),
  input: z.object({ alert: z.string().max(100).describe('Alert id, a-…') }),
  output: alertSchema,
  positionals: ['alert'],
  load: () => import('./alerts-handler.ts').then((module) => module.acknowledge),
  present: (alert) => alertViews([alert]),
});
