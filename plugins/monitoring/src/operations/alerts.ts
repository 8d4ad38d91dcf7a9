import { alertSchema, resource, resources } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { deliverySchema } from '../alert/delivery.ts';
import { deploymentNameSchema } from '../feedback/feedback-schemas.ts';
import { alertViews, troubleViews } from '../view/alert-view.ts';

export const monitorAlerts = operation({
  id: 'monitor.alerts',
  summary: 'Alerts, newest first, and who was told of them.',
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
    deliveries: z.array(deliverySchema).describe('Who was told of them, is to be, or could not be.'),
  }),
  positionals: ['deployment'],
  load: () => import('./alerts-handler.ts').then((module) => module.alerts),
  present: ({ alerts, deliveries }) => [...alertViews(alerts, deliveries), ...troubleViews(deliveries)],
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
