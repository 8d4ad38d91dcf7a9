import { journalToken, type RouteHandler } from '@trestle/kernel';
import { linesOf } from './log-lines.ts';

/** The log while it is read: an entry that is damaged breaks the answer off, so that nobody takes a part for all. */
export const exportRoute: RouteHandler = async (ctx) => {
  const lines = linesOf(await ctx.service(journalToken), ctx.signal);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await lines.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value.text));
    },
    async cancel() {
      await lines.return(undefined);
    },
  });
  return new Response(body, {
    headers: {
      'content-type': 'application/x-ndjson; charset=utf-8',
      'content-disposition': 'attachment; filename="audit.jsonl"',
    },
  });
};
