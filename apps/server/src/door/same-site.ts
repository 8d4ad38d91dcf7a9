import type { FastifyInstance, FastifyRequest } from 'fastify';
import { serverError } from '../server-error.ts';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
const PREFLIGHT_AGE_S = 600;

/** The name in a Host header, without its port. */
const nameOf = (host: string): string => host.replace(/:\d*$/, '').toLowerCase();

/**
 * Refuses requests that a page of another site makes through somebody's browser: its name may be bound to this address
 * (so the Host header is checked), it may post here directly (so the Origin header is), or it may ask for something as
 * an image or script (so what browsers say of a request's site is). Pages of allowed sites are told so (CORS).
 */
export function addSameSite(
  app: FastifyInstance,
  options: {
    readonly listenHost: string;
    readonly allowedHosts: readonly string[];
    readonly allowedOrigins: readonly string[];
  },
): void {
  const listenName = options.listenHost.includes(':') ? `[${options.listenHost}]` : options.listenHost;
  const hosts = new Set(
    [...LOOPBACK_NAMES, listenName, ...options.allowedHosts].map((host) => host.toLowerCase()),
  );
  const origins = new Set(options.allowedOrigins.map((origin) => new URL(origin).origin));
  app.addHook('onRequest', (request, reply, done) => {
    const host = request.headers.host ?? '';
    if (hasSeveralHosts(request)) return done(wrongHost('several names at once'));
    if (!hosts.has(nameOf(host)) && !hosts.has(host.toLowerCase())) return done(wrongHost(host));
    const { origin } = request.headers;
    if (origin === undefined)
      return done(isForeign(request) ? wrongOrigin(String(request.headers['sec-fetch-site'])) : undefined);
    if (isOwn(origin, request)) return done();
    if (!origins.has(origin)) return done(wrongOrigin(origin));
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'location, retry-after',
      'cross-origin-resource-policy': 'cross-origin',
      vary: 'origin',
    });
    if (request.method !== 'OPTIONS') return done();
    reply
      .headers({
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'authorization, content-type',
        'access-control-max-age': String(PREFLIGHT_AGE_S),
      })
      .code(204)
      .send();
  });
}

/** Node keeps the first of several Host headers, a proxy before it may have looked at another. */
function hasSeveralHosts({ raw: { rawHeaders } }: FastifyRequest): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === 'host') hosts += 1;
  return hosts > 1;
}

const isOwn = (origin: string, request: FastifyRequest): boolean => {
  const url = URL.parse(origin);
  return url !== null && url.host === request.headers.host?.toLowerCase();
};

/** What a browser says of a request without an origin. Following a link from elsewhere is no such request. */
const isForeign = ({ headers }: FastifyRequest): boolean => {
  const site = headers['sec-fetch-site'];
  if (site !== 'cross-site' && site !== 'same-site') return false;
  return headers['sec-fetch-mode'] !== 'navigate' || headers['sec-fetch-dest'] !== 'document';
};

const wrongHost = (host: string) =>
  serverError('HOST_REFUSED', {
    kind: 'denied',
    message: `This server is not called "${host.slice(0, 100)}".`,
    hint: 'Add the name to server.allowedHosts in the configuration if it is yours.',
  });

const wrongOrigin = (origin: string) =>
  serverError('ORIGIN_REFUSED', {
    kind: 'denied',
    message: `Pages of "${origin.slice(0, 100)}" may not call this server.`,
    hint: 'Add the site to server.allowedOrigins in the configuration if it is yours.',
  });
