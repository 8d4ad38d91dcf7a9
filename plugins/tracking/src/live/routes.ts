import { resource } from '@trestle/contracts';
import type { Route } from '@trestle/kernel';

/** A megabyte is few messages to send again; the files of artifacts come in parts of several. */
export const MAX_ENVELOPE_BYTES = 8 * 2 ** 20;
export const MAX_PART_BYTES = 4 * 2 ** 20;

/** What processes elsewhere log to their runs. */
export const liveRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/runs',
    access: 'training:write',
    summary: 'What the process of a run tells: its beginning, measurements, artifacts, its end; each once.',
    maxBodyBytes: MAX_ENVELOPE_BYTES,
    load: async () => (await import('./handle-routes.ts')).takeEnvelope,
  },
  {
    method: 'GET',
    path: '/v1/runs/:run/files/:digest',
    access: 'training:write',
    resource: ({ run = '' }) => resource('run', run),
    summary: 'How much of the file of an artifact has come: ?bytes=SIZE.',
    load: async () => (await import('./handle-routes.ts')).askFile,
  },
  {
    method: 'PUT',
    path: '/v1/runs/:run/files/:digest',
    access: 'training:write',
    resource: ({ run = '' }) => resource('run', run),
    summary: 'The next part of the file of an artifact: ?bytes=SIZE&offset=WHERE.',
    accepts: ['application/octet-stream'],
    maxBodyBytes: MAX_PART_BYTES,
    load: async () => (await import('./handle-routes.ts')).takePart,
  },
];
