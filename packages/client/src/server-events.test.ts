import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ServerEvent, serverEvents } from './server-events.ts';

/** A stream whose bytes come in pieces that end at these places. */
function streamOf(text: string, cuts: readonly number[] = []): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return new ReadableStream({
    start(controller) {
      for (const [index, from] of places.entries())
        controller.enqueue(bytes.slice(from, places[index + 1] ?? from));
      controller.close();
    },
  });
}
const read = async (text: string, cuts?: readonly number[]): Promise<ServerEvent[]> => {
  const events: ServerEvent[] = [];
  for await (const event of serverEvents(streamOf(text, cuts))) events.push(event);
  return events;
};

describe('serverEvents (HTML Living Standard, 9.2.6)', () => {
  it.each([
    ['event: done\ndata: 1\n\n', [{ event: 'done', data: '1' }]],
    ['data: 1\n\n', [{ event: 'message', data: '1' }]],
    ['data: 1\ndata:2\ndata:  3\n\n', [{ event: 'message', data: '1\n2\n 3' }]],
    ['data:a:b\n\n', [{ event: 'message', data: 'a:b' }]],
    ['data\n\n', [{ event: 'message', data: '' }]],
    [': still there\n\ndata: 1\n\n', [{ event: 'message', data: '1' }]],
    ['id: 5\nretry: 9\ndatabase: x\ndata: 1\n\n', [{ event: 'message', data: '1' }]],
    ['event: lonely\n\ndata: 1\n\n', [{ event: 'message', data: '1' }]],
    ['\uFEFFdata: 1\n\n', [{ event: 'message', data: '1' }]],
    ['data: cut off', []],
    ['data: without an end\n', []],
    ['', []],
  ])('reads %j', async (text, events) => {
    expect(await read(text)).toEqual(events);
  });

  it('reads the same whatever ends the lines, and wherever the bytes are cut', async () => {
    const event = fc.record({
      event: fc.stringMatching(/^[a-zé]{1,6}$/),
      data: fc.stringMatching(/^[ -~€]{1,9}$/),
    });
    const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
    await fc.assert(
      fc.asyncProperty(fc.array(event), lineEnd, fc.array(fc.nat(500)), async (events, end, cuts) => {
        const text = events
          .map(({ event, data }) => `event: ${event}${end}data: ${data}${end}${end}`)
          .join('');
        expect(await read(text, cuts)).toEqual(events);
      }),
    );
  });
});
