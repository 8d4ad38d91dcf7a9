import type { FastifyInstance, FastifyRequest } from 'fastify';
import { serverError } from '../server-error.ts';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** The name in a Host header, without its port. */
const nameOf = (host: string): string => host.replace(/:\d*$/, '').toLowerCase();

/**
 * Refuses requests that a page of another site makes through somebody's browser: its name may be bound to this address
 * (so the Host header is checked), or it may post here directly (so the Origin header is).
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
  app.addHook('onRequest', async (request) => {
    const host = request.headers.host ?? '';
    if (!hosts.has(nameOf(host)) && !hosts.has(host.toLowerCase())) throw wrongHost(host);
    const { origin } = request.headers;
    if (origin !== undefined && !isOwn(origin, request) && !origins.has(origin)) throw wrongOrigin(origin);
  });
}

const isOwn = (origin: string, request: FastifyRequest): boolean => {
  const url = URL.parse(origin);
  return url !== null && url.host === request.headers.host?.toLowerCase();
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
