import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type Host, invariant, problemOf, statusOf, toTrestleError } from '@trestle/kernel';
import { liveRoutes } from '../live/routes.ts';

/** What a faulty server does with a request: answers, loses the answer when it has done the work, or is away. */
export type Fault = 'answers' | 'loses' | 'away';

/** A server with the routes of live runs, over a socket, which fails as it is told. */
export async function runsServer(host: Host, faultOf: () => Fault) {
  const answer = async (url: URL, method: string, body: Buffer): Promise<Response> => {
    const [, , , run = '', , digest = ''] = url.pathname.split('/');
    const path = run === '' ? '/v1/runs' : '/v1/runs/:run/files/:digest';
    const route = invariant(
      liveRoutes.find((one) => one.method === method && one.path === path),
      'a route',
    );
    const handler = await route.load();
    const context = host.context({ id: 'run.log', access: route.access }, { surface: 'http' });
    const request = new Request(url, { method, ...(body.length > 0 ? { body: new Uint8Array(body) } : {}) });
    const answered = await handler(context, request, { run, digest });
    if (answered instanceof Response) return answered;
    return new Response(String(answered.body), { status: answered.status });
  };
  let requests = 0;
  const server = createServer(async (request, response: ServerResponse) => {
    requests += 1;
    const fault = faultOf();
    if (fault === 'away') return void request.socket.destroy();
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const result = await answer(url, request.method ?? '', body).catch((thrown: unknown) => {
      const error = toTrestleError(thrown);
      return new Response(JSON.stringify(problemOf(error)), { status: statusOf(error) });
    });
    const text = await result.text();
    if (fault === 'loses') return void request.socket.destroy();
    response.writeHead(result.status, { 'content-type': 'application/json' }).end(text);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    requests: () => requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
