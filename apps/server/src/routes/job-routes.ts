import {
  type Host,
  type Job,
  jobStoreToken,
  may,
  OWN_ACCESS,
  type Principal,
  pause,
  present,
} from '@trestle/kernel';
import type { FastifyInstance } from 'fastify';
import { serverError } from '../server-error.ts';
import type { EventStreams } from './event-streams.ts';
import { sendPresented, wantsPresented } from './presented.ts';

const POLL_MS = 200;
const KEEP_ALIVE_MS = 15_000;
const ENDS = ['succeeded', 'failed', 'cancelled', 'interrupted'];

/** Jobs as their callers follow them. Who started a job may see it; others need `job:read`. */
export function addJobRoutes(app: FastifyInstance, host: Host, streams: EventStreams): void {
  const find = async (id: string, principal: Principal): Promise<Job> => {
    const job = await (await host.service(jobStoreToken)).get(id);
    if (job && (job.principal.id === principal.id || may(principal, 'job:read', [{ kind: 'job', name: id }])))
      return job;
    throw serverError('UNKNOWN_JOB', {
      kind: 'not-found',
      message: `There is no job "${id.slice(0, 100)}".`,
      hint: 'It may belong to somebody else: then the permission "job:read" is needed.',
    });
  };
  const config = { access: OWN_ACCESS };

  app.get<{ Params: { id: string } }>('/api/v1/jobs/:id', { config }, async (request, reply) => {
    const job = await find(request.params.id, request.principal);
    const operation = host.operations.get(job.operation);
    return wantsPresented(request) && job.state === 'succeeded' && operation
      ? sendPresented(reply, present(operation, job.output))
      : shown(job);
  });

  app.get<{ Params: { id: string } }>('/api/v1/jobs/:id/events', { config }, async (request, reply) => {
    const { id } = request.params;
    await find(id, request.principal);
    return streams.send(reply, async function* (gone) {
      let last = '';
      let saidAt = performance.now();
      while (!gone.aborted) {
        const job = await find(id, request.principal);
        const isOver = ENDS.includes(job.state);
        const event = isOver
          ? `event: done\ndata: ${JSON.stringify(shown(job))}\n\n`
          : `event: progress\ndata: ${JSON.stringify({ state: job.state, ...job.progress })}\n\n`;
        if (event !== last) {
          yield event;
          last = event;
          saidAt = performance.now();
        } else if (performance.now() - saidAt > KEEP_ALIVE_MS) {
          // A comment: proxies close what is silent for long.
          yield ': still there\n\n';
          saidAt = performance.now();
        }
        if (isOver) return;
        await pause(POLL_MS, gone);
      }
    });
  });
}

const shown = (job: Job) => ({
  job: job.id,
  operation: job.operation,
  state: job.state,
  progress: job.progress,
  output: job.output,
  error: job.error,
  createdAt: job.createdAt,
  startedAt: job.startedAt,
  finishedAt: job.finishedAt,
});
