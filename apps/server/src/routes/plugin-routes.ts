import { Readable } from 'node:stream';
import {
  type Host,
  type Route,
  type RouteAnswer,
  type RouteHandler,
  type RouteRequest,
  releaseBytes,
  touchedBy,
} from '@trestle/kernel';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { abortedWith } from './aborted-with.ts';
import { notReady } from './health-routes.ts';

/** What is sent line by line, as it comes. */
const LINES = 'application/x-ndjson';

/** So large an answer is let go of as soon as it is sent. */
const LARGE_BYTES = 65_536;

interface PluginRoutes {
  readonly maxBodyBytes: number;
  readonly isDraining: () => boolean;
}

/** The raw routes of plugins: what is asked as web-standard requests have it in, web-standard responses or their parts out. */
export function addPluginRoutes(app: FastifyInstance, host: Host, options: PluginRoutes): void {
  for (const route of host.plugins.flatMap((plugin) => plugin.routes ?? []))
    addRoute(app, host, route, options);
}

function addRoute(app: FastifyInstance, host: Host, route: Route, options: PluginRoutes): void {
  let handler: RouteHandler | undefined;
  const operation = { id: `${route.method} ${route.path}`, access: route.access };
  app.route<{ Params: Record<string, string> }>({
    method: route.method,
    url: route.path,
    config: {
      access: route.access,
      ...(route.accepts ? { accepts: route.accepts } : {}),
      unpacks: route.unpacks ?? false,
      readsBytes: route.readsBytes ?? false,
    },
    bodyLimit: route.maxBodyBytes ?? options.maxBodyBytes,
    handler: async (request, reply) => {
      if (route.isReadiness && options.isDraining()) throw notReady('it is draining');
      handler ??= await route.load();
      const touched = touchedBy(route, request.params);
      const context = host.context(
        { ...operation, touched },
        {
          principal: request.principal,
          surface: 'http',
          requestId: request.id,
          lateSignal: () => abortedWith(reply),
        },
      );
      return await send(reply, await handler(context, new PluginRequest(request), request.params));
    },
  });
}

/** What a route is asked, as far as it looks: most look at the body alone. */
class PluginRequest implements RouteRequest {
  readonly method: string;
  readonly #request: FastifyRequest;

  constructor(request: FastifyRequest) {
    this.method = request.method;
    this.#request = request;
  }

  get url(): string {
    return new URL(this.#request.url, `http://${this.#request.headers.host}`).href;
  }

  get headers(): RouteRequest['headers'] {
    return this;
  }

  /** A header, those that came several times joined (RFC 9110, section 5.2). */
  get(name: string): string | null {
    const value = this.#request.headers[name.toLowerCase()];
    return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
  }

  has(name: string): boolean {
    return this.#request.headers[name.toLowerCase()] !== undefined;
  }

  async text(): Promise<string> {
    return decoder.decode(this.#body);
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#body;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return new Uint8Array(this.#body).buffer;
  }

  get #body(): Uint8Array<ArrayBuffer> {
    return Buffer.isBuffer(this.#request.body)
      ? (this.#request.body as Buffer<ArrayBuffer>)
      : new Uint8Array();
  }
}

const decoder = new TextDecoder();

function send(reply: FastifyReply, answer: Response | RouteAnswer): FastifyReply | Promise<FastifyReply> {
  reply.code(answer.status);
  if (!(answer instanceof Response)) {
    const { body } = answer;
    if (typeof body !== 'string' && body.length >= LARGE_BYTES && body.length === body.buffer.byteLength)
      reply.raw.once('finish', () => releaseBytes(body));
    return reply.headers(answer.headers).send(body);
  }
  return sendResponse(reply, answer);
}

async function sendResponse(reply: FastifyReply, answer: Response): Promise<FastifyReply> {
  for (const [name, value] of answer.headers) reply.header(name, value);
  // Lines that are made while they are sent may be more than memory holds; what breaks off in the middle ends without its end.
  if (answer.body && answer.headers.get('content-type')?.startsWith(LINES))
    return reply.send(Readable.fromWeb(answer.body));
  return reply.send(Buffer.from(await answer.arrayBuffer()));
}
