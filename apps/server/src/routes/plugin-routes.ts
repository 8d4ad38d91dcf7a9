import type { Host, Route, RouteHandler } from '@trestle/kernel';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { abortedWith } from './aborted-with.ts';
import { notReady } from './health-routes.ts';

interface PluginRoutes {
  readonly maxBodyBytes: number;
  readonly isDraining: () => boolean;
}

/** The raw routes of plugins: web-standard requests in, web-standard responses out. */
export function addPluginRoutes(app: FastifyInstance, host: Host, options: PluginRoutes): void {
  for (const route of host.plugins.flatMap((plugin) => plugin.routes ?? []))
    addRoute(app, host, route, options);
}

function addRoute(app: FastifyInstance, host: Host, route: Route, options: PluginRoutes): void {
  let handler: Promise<RouteHandler> | undefined;
  app.route<{ Params: Record<string, string> }>({
    method: route.method,
    url: route.path,
    config: { access: route.access, ...(route.accepts ? { accepts: route.accepts } : {}) },
    bodyLimit: route.maxBodyBytes ?? options.maxBodyBytes,
    handler: async (request, reply) => {
      if (route.isReadiness && options.isDraining()) throw notReady('it is draining');
      handler ??= route.load();
      const context = host.context(
        { id: `${route.method} ${route.path}`, access: route.access },
        { principal: request.principal, surface: 'http', requestId: request.id, signal: abortedWith(reply) },
      );
      return await send(reply, await (await handler)(context, webRequest(request), request.params));
    },
  });
}

function webRequest(request: FastifyRequest): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
  }
  return new Request(new URL(request.url, `http://${request.headers.host}`), {
    method: request.method,
    headers,
    ...(Buffer.isBuffer(request.body) ? { body: new Uint8Array(request.body) } : {}),
  });
}

async function send(reply: FastifyReply, response: Response): Promise<FastifyReply> {
  reply.code(response.status);
  for (const [name, value] of response.headers) reply.header(name, value);
  return reply.send(Buffer.from(await response.arrayBuffer()));
}
