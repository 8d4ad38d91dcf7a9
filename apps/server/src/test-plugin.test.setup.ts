import { operation, plugin, type RouteRequest } from '@trestle/kernel';
import { z } from 'zod';

/** A plugin as somebody else would write it: one operation of each kind, and a raw route. */
export const echoQuery = operation({
  id: 'echo.say',
  summary: 'Says it again.',
  kind: 'query',
  access: 'echo:read',
  resource: ({ text }) => ({ kind: 'text', name: text }),
  input: z.object({ text: z.string().max(100), times: z.number().int().min(1).max(5).default(1) }),
  output: z.object({ said: z.array(z.string()) }),
  present: ({ said }) => [{ kind: 'text', text: said.join(' ') }],
  verdict: ({ said }) => said.length < 3,
  load:
    async () =>
    async (_ctx, { text, times }) => ({ said: new Array<string>(times).fill(text) }),
});

/** How many slow echoes have begun. */
export const begun = { count: 0 };

export const echoSlow = operation({
  id: 'echo.slow',
  summary: 'Says it after a while.',
  kind: 'command',
  access: 'echo:write',
  input: z.object({ text: z.string(), afterMs: z.number() }),
  output: z.object({ said: z.string() }),
  load:
    async () =>
    async (_ctx, { text, afterMs }) => {
      begun.count += 1;
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      return { said: text };
    },
});

export const echoJob = operation({
  id: 'echo.long',
  summary: 'Counts up, or breaks.',
  kind: 'job',
  access: 'echo:write',
  input: z.object({ steps: z.number().int(), breaks: z.boolean().default(false) }),
  output: z.object({ counted: z.number() }),
  present: ({ counted }) => [{ kind: 'facts', facts: [['counted', counted]] }],
  load:
    async () =>
    async (ctx, { steps, breaks }) => {
      for (let step = 1; step <= steps; step++) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        ctx.signal.throwIfAborted();
        ctx.progress({ step: `step ${step}`, fraction: step / steps });
      }
      if (breaks) throw new Error('secret internals');
      return { counted: steps };
    },
});

export const echoBreaks = operation({
  id: 'echo.breaks',
  summary: 'Breaks in a way that nobody expected.',
  kind: 'command',
  access: 'echo:write',
  input: z.object({}),
  output: z.object({}),
  load: async () => async () => {
    throw new Error('secret internals');
  },
});

export const echoPlugin = plugin({
  name: 'echo',
  version: '1.0.0',
  operations: [echoQuery, echoSlow, echoJob, echoBreaks],
  routes: [
    {
      method: 'POST',
      path: '/echo/:name',
      access: 'echo:write',
      summary: 'The body in capitals.',
      accepts: ['text/plain'],
      maxBodyBytes: 2_000_000,
      load: async () => async (_ctx, request, params) =>
        new Response(`${params.name}: ${(await request.text()).length}`, { headers: { 'x-echo': 'yes' } }),
    },
    {
      method: 'POST',
      path: '/spoken/bytes',
      access: 'echo:write',
      summary: 'How many bytes came.',
      accepts: ['application/json', ''],
      maxBodyBytes: 1_000_000,
      unpacks: true,
      readsBytes: true,
      load: async () => async (_ctx, request) => {
        const bytes = await request.bytes();
        return { status: 200, headers: { 'content-type': 'text/plain' }, body: String(bytes.length) };
      },
    },
    {
      method: 'POST',
      path: '/spoken/again',
      access: 'echo:write',
      summary: 'The bytes again.',
      accepts: [''],
      maxBodyBytes: 1_000_000,
      load: async () => async (_ctx, request) => ({
        status: 200,
        headers: { 'content-type': 'application/octet-stream' },
        // A copy, which is handed over.
        body: new Uint8Array(await request.bytes()),
      }),
    },
    ...(['PUT', 'PATCH', 'DELETE'] as const).map((method) => ({
      method,
      path: '/echo/:name',
      access: 'echo:write' as const,
      summary: `The body of a ${method}.`,
      load: async () => async (_ctx: unknown, request: RouteRequest) =>
        Response.json({ method: request.method, body: await request.json() }),
    })),
    {
      method: 'GET',
      path: '/echo/ready',
      access: 'echo:read',
      summary: 'Whether it echoes.',
      isReadiness: true,
      load: async () => async () => Response.json({ ready: true }),
    },
  ],
  problemForms: [{ under: '/spoken', body: ({ detail, status }) => ({ error: detail, status }) }],
  metrics: [
    {
      name: 'echo_total',
      help: 'Echoes.',
      type: 'counter',
      collect: async () => [{ labels: { kind: 'test' }, value: 3 }],
    },
  ],
});
