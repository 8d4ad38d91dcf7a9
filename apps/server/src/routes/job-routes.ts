import { setTimeout as wait } from 'node:timers/promises';
import { type Host, type Job, jobStoreToken, mayAccess, OWN_ACCESS, type Principal } from '@trestle/kernel';
import type { FastifyInstance } from 'fastify';
import { serverError } from '../server-error.ts';
import { abortedWith } from './aborted-with.ts';

const POLL_MS = 200;
const KEEP_ALIVE_MS = 15_000;
const ENDS = ['succeeded', 'failed', 'cancelled', 'interrupted'];

export interface JobRoutes {
  /** Callers that follow a job as events now. */
  readonly openStreams: () => number;
}

/** Jobs as their callers follow them. Who started a job may see it; others need `job:read`. */
export function addJobRoutes(
  app: FastifyInstance,
  host: Host,
  { isDraining, maxStreams }: { readonly isDraining: () => boolean; readonly maxStreams: number },
): JobRoutes {
  let streams = 0;
  const find = async (id: string, principal: Principal): Promise<Job> => {
    const job = await (await host.service(jobStoreToken)).get(id);
    if (job && (job.principal.id === principal.id || mayAccess(principal, 'job:read'))) return job;
    throw serverError('UNKNOWN_JOB', {
      kind: 'not-found',
      message: `There is no job "${id.slice(0, 100)}".`,
      hint: 'It may belong to somebody else: then the permission "job:read" is needed.',
    });
  };
  const config = { access: OWN_ACCESS };

  app.get<{ Params: { id: string } }>('/api/v1/jobs/:id', { config }, async (request) =>
    shown(await find(request.params.id, request.principal)),
  );

  app.get<{ Params: { id: string } }>('/api/v1/jobs/:id/events', { config }, async (request, reply) => {
    const { id } = request.params;
    await find(id, request.principal);
    // Each one asks the store again and again.
    if (streams >= maxStreams) throw tooManyStreams(maxStreams);
    const gone = abortedWith(reply);
    streams += 1;
    reply.raw.once('close', () => {
      streams -= 1;
    });
    async function* events() {
      let last = '';
      let saidAt = performance.now();
      while (!gone.aborted && !isDraining()) {
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
        await wait(POLL_MS, undefined, { signal: gone }).catch(() => {});
      }
    }
    const { Readable } = await import('node:stream');
    return reply.type('text/event-stream').header('cache-control', 'no-store').send(Readable.from(events()));
  });
  return { openStreams: () => streams };
}

const tooManyStreams = (maxStreams: number) =>
  serverError('TOO_MANY_STREAMS', {
    kind: 'overloaded',
    message: `${maxStreams} callers follow jobs already.`,
    hint: 'Ask for the job itself now and then, or raise server.maxEventStreams.',
    retryAfterS: 5,
  });

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
