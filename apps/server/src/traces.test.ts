import { jobStoreToken, operation, plugin } from '@trestle/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type TestServer, testServer } from './server.test.setup.ts';
import { recordTraces } from './traces.test.setup.ts';

const dig = operation({
  id: 'mine.dig',
  summary: 'Digs in two steps.',
  kind: 'job',
  access: 'mine:write',
  input: z.object({}),
  output: z.object({}),
  load: async () => async (ctx) => {
    await ctx.step('deep', async (within) => {
      await within.step('deeper', async () => 1);
    });
    return {};
  },
});
const mine = plugin({ name: 'mine', version: '1.0.0', operations: [dig] });

describe('spans', () => {
  const spans = recordTraces();
  let served: TestServer;
  beforeAll(async () => {
    served = await testServer({}, [mine]);
    await served.host.start({ reactions: false });
  });
  afterAll(() => served.stop());

  it('go from the caller through the request, the queue and the job to its steps: one trace', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    const { job } = (await (await served.post('/api/v1/mine/dig', {}, headers)).json()) as { job: string };
    const jobs = await served.host.service(jobStoreToken);
    await expect.poll(async () => (await jobs.get(job))?.state).toBe('succeeded');
    const names = [
      'POST /api/v1/mine/dig',
      'job mine.dig',
      'operation mine.dig',
      'step deep',
      'step deep/deeper',
    ];
    await expect.poll(() => spans.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    const found = names.map((name) => spans.find((span) => span.name === name));
    expect(found.map((span) => span?.traceId)).toEqual(names.map(() => traceId));
    expect(found.map((span) => span?.parentId)).toEqual([
      'b7ad6b7169203331',
      ...found.slice(0, -1).map((span) => span?.spanId),
    ]);
  });

  it('begin a trace of their own where the caller sends none, or what is none', async () => {
    for (const traceparent of ['', 'nonsense', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`]) {
      spans.length = 0;
      await served.get('/api/v1/echo/say?text=a', traceparent === '' ? {} : { traceparent });
      await expect.poll(() => spans.map(({ name }) => name)).toContain('GET /api/v1/echo/say');
      const request = spans.find(({ name }) => name === 'GET /api/v1/echo/say');
      expect(request?.parentId).toBeUndefined();
      expect(spans.find(({ name }) => name === 'operation echo.say')?.traceId).toBe(request?.traceId);
    }
  });
});
