import { get } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestServer, testServer } from './server.test.setup.ts';

describe('the events of a job', () => {
  let it1: TestServer;
  beforeEach(async () => {
    it1 = await testServer({ maxEventStreams: 3 });
  });
  afterEach(async () => {
    await it1.stop();
  });
  const start = async (steps: number): Promise<string> =>
    ((await (await it1.post('/api/v1/echo/long', { steps })).json()) as { events: string }).events;
  /** Opens a stream and leaves it open; answers its status and how to go away. */
  const follow = (path: string) =>
    new Promise<{ status: number | undefined; retryAfter: string | undefined; leave: () => void }>(
      (resolve, reject) => {
        const request = get(it1.server.url + path, { agent: false }, (response) => {
          response.on('error', () => {});
          response.resume();
          resolve({
            status: response.statusCode,
            retryAfter: response.headers['retry-after'],
            leave: () => request.destroy(),
          });
        });
        request.on('error', reject);
      },
    );
  const open = async (): Promise<string | undefined> =>
    (await (await it1.get('/metrics')).text()).match(/^trestle_http_event_streams (\d+)$/m)?.[1];

  it('come while it runs, not when it is over', async () => {
    const response = await it1.get(await start(8));
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const chunks: string[] = [];
    for await (const chunk of response.body ?? []) chunks.push(Buffer.from(chunk).toString());
    // Each arrived as a piece of its own: nothing collects them until the end.
    expect(chunks.filter((chunk) => chunk.startsWith('event: progress')).length).toBeGreaterThan(2);
    expect(chunks.at(-1)).toContain('event: done');
  });

  it('are for so many callers at once; others are told when to come again', async () => {
    const events = await start(60);
    const followers = await Promise.all([follow(events), follow(events), follow(events)]);
    expect(followers.map((one) => one.status)).toEqual([200, 200, 200]);
    const refused = await follow(events);
    expect([refused.status, Number(refused.retryAfter)]).toEqual([429, 5]);
    expect(await open()).toBe('3');
    for (const one of followers) one.leave();
    // Who goes away makes room at once.
    await expect.poll(open).toBe('0');
    const next = await follow(events);
    expect(next.status).toBe(200);
    next.leave();
    refused.leave();
  });

  it('end when the server drains', async () => {
    const events = await start(60);
    const response = await it1.get(events);
    const text = response.text();
    await it1.server.close();
    expect(await text).toContain('event: progress');
  });
});
