import { type Context, toTrestleError } from '@trestle/kernel';
import type { Asked } from '../exchange/asked.ts';
import { answerRequest } from '../predict/answer-request.ts';
import type { Assigned } from '../traffic/watched.ts';

/** A server-sent event (WHATWG HTML, 9.2.6); JSON has no line ends of its own. */
const event = (name: string, data: string): Uint8Array =>
  new TextEncoder().encode(`event: ${name}\ndata: ${data}\n\n`);

/**
 * A text as server-sent events while it is written: `piece` with what is new of it, then `done` with the answer as it is without
 * streaming, or `error`. What is refused before the first piece is refused as any request.
 */
export async function streamedText(ctx: Context, assigned: Assigned, body: Asked['body']): Promise<Response> {
  const gone = new AbortController();
  const answered = async (send: (name: string, data: string) => void): Promise<void> => {
    const caller = {
      gone: gone.signal,
      onPiece: (piece: object) => send('piece', JSON.stringify(piece)),
    };
    const reply = await answerRequest(ctx, assigned, { form: 'rows', body }, caller);
    send('done', typeof reply.body === 'string' ? reply.body : new TextDecoder().decode(reply.body));
  };
  return await new Promise((resolve, reject) => {
    let isBegun = false;
    const events = new ReadableStream<Uint8Array>({
      start(stream) {
        const send = (name: string, data: string): void => {
          if (gone.signal.aborted) return;
          stream.enqueue(event(name, data));
          if (!isBegun) resolve(new Response(events, { headers: HEADERS }));
          isBegun = true;
        };
        answered(send).then(
          () => {
            if (!gone.signal.aborted) stream.close();
          },
          (thrown: unknown) => {
            if (!isBegun) return reject(thrown);
            const { code, message, hint } = toTrestleError(thrown);
            send('error', JSON.stringify({ code, message, hint }));
            if (!gone.signal.aborted) stream.close();
          },
        );
      },
      // Nobody waits for the text any more.
      cancel: () => gone.abort(),
    });
  });
}

const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };
