import { type Host, journalToken, pause } from '@trestle/kernel';
import type { FastifyInstance } from 'fastify';
import type { EventStreams } from './event-streams.ts';

const KEEP_ALIVE_MS = 15_000;
const BATCH = 200;

/** The log as it grows, from now on or from behind `?after=SEQ`: pages ask anew for what an event tells of. */
export function addLogRoute(app: FastifyInstance, host: Host, streams: EventStreams): void {
  app.get<{ Querystring: { after?: string } }>(
    '/api/v1/events',
    { config: { access: 'audit:read' } },
    async (request, reply) => {
      const journal = await host.service(journalToken);
      const newest = async (): Promise<number> =>
        (await journal.read({ newest: true, limit: 1 }))[0]?.seq ?? 0;
      const { after = '' } = request.query;
      const from = /^\d{1,15}$/.test(after) ? Number(after) : await newest();
      return streams.send(reply, async function* (gone) {
        let alarm = new AbortController();
        const stopWatching = journal.watch(() => alarm.abort());
        try {
          // Tells where it begins, so that whoever is cut off can go on behind it.
          yield `event: from\ndata: ${JSON.stringify({ seq: from })}\n\n`;
          for (let last = from; !gone.aborted; ) {
            // Set before the log is read: what is appended meanwhile is not slept through.
            alarm = new AbortController();
            const events = await journal.read({ after: last, limit: BATCH });
            for (const { seq, type, subject } of events) {
              yield `event: logged\ndata: ${JSON.stringify({ seq, type, subject })}\n\n`;
              last = seq;
            }
            if (events.length === BATCH) continue;
            await pause(KEEP_ALIVE_MS, AbortSignal.any([gone, alarm.signal]));
            // A comment: proxies close what is silent for long.
            if (!gone.aborted && !alarm.signal.aborted) yield ': still there\n\n';
          }
        } finally {
          stopWatching();
        }
      });
    },
  );
}
