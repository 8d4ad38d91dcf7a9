import {
  durationTextSchema,
  incidentDetailsSchema,
  incidentSchema,
  resource,
  resources,
} from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { deploymentNameSchema } from '../feedback/feedback-schemas.ts';
import { incidentListViews, incidentViews } from '../view/incident-view.ts';

export const monitorIncidents = operation({
  id: 'monitor.incidents',
  summary: 'Incidents: alerts of one cause, newest first; exit code 3 where one is open.',
  kind: 'query',
  access: 'monitor:read',
  resource: ({ deployment }) => resources({ deployment }),
  examples: ['trestle monitor incidents', 'trestle monitor incidents strikes --state all'],
  input: z.object({
    deployment: deploymentNameSchema.optional().describe('Only this deployment'),
    state: z.enum(['open', 'resolved', 'all']).default('open').describe('Open ones have not been resolved'),
    limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('At most this many'),
  }),
  output: z.object({ incidents: z.array(incidentSchema) }),
  positionals: ['deployment'],
  load: () => import('./incidents-handler.ts').then((module) => module.incidents),
  present: ({ incidents }) => incidentListViews(incidents),
  verdict: ({ incidents }) => incidents.every(({ state }) => state === 'resolved'),
});

const incident = z.string().max(100).describe('Incident id, i-…');

export const incidentShow = operation({
  id: 'incident.show',
  summary: 'An incident: what it is about, its alerts, and what happened to it.',
  kind: 'query',
  access: 'monitor:read',
  resource: (input) => resource('incident', input.incident),
  input: z.object({ incident }),
  output: incidentDetailsSchema,
  positionals: ['incident'],
  load: () => import('./incidents-handler.ts').then((module) => module.showIncident),
  present: incidentViews,
});

export const incidentAck = operation({
  id: 'incident.ack',
  summary: 'Says that somebody looks after an incident; it stays until its cause is gone.',
  kind: 'command',
  access: 'monitor:write',
  resource: (input) => resource('incident', input.incident),
  examples: ['trestle incident ack i-0f3c… --note "the sensor was replaced, wait for its data"'],
  input: z.object({
    incident,
    note: z.string().min(1).max(1_000).optional().describe('For those who look next'),
  }),
  output: incidentDetailsSchema,
  positionals: ['incident'],
  load: () => import('./incidents-handler.ts').then((module) => module.ackIncident),
  present: incidentViews,
});

export const incidentResolve = operation({
  id: 'incident.resolve',
  summary: 'Ends an incident by hand; what is still wrong opens it again at the next check.',
  kind: 'command',
  access: 'monitor:write',
  resource: (input) => resource('incident', input.incident),
  input: z.object({
    incident,
    reason: z.string().min(1).max(1_000).describe('Why it is over, for the history'),
  }),
  output: incidentDetailsSchema,
  positionals: ['incident'],
  load: () => import('./incidents-handler.ts').then((module) => module.resolveIncident),
  present: incidentViews,
});

export const incidentSilence = operation({
  id: 'incident.silence',
  summary: 'Tells nobody of an incident for a time; it is recorded all the same.',
  kind: 'command',
  access: 'monitor:write',
  resource: (input) => resource('incident', input.incident),
  examples: ['trestle incident silence i-0f3c… --for 2h', 'trestle incident silence i-0f3c… --for 0s'],
  input: z.object({
    incident,
    for: durationTextSchema.default('1h').describe('How long; 0s ends a silence'),
    reason: z.string().min(1).max(1_000).optional().describe('Why, for the history'),
  }),
  output: incidentDetailsSchema,
  positionals: ['incident'],
  load: () => import('./incidents-handler.ts').then((module) => module.silenceIncident),
  present: incidentViews,
});
