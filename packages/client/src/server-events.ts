import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** One event of a `text/event-stream`: its name and its data. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Reads server-sent events as they come, however they are cut. */
export async function* serverEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const heard: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => heard.push(event) });
  const decoder = new TextDecoder();
  // Not `for await`: not every browser's streams can be iterated.
  const reader = body.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      for (const { event = 'message', data } of heard.splice(0)) yield { event, data };
    }
  } finally {
    // Whoever listens no more lets the connection go.
    await reader.cancel().catch(() => {});
  }
}
