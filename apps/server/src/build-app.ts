import { randomUUID } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import type { Host } from '@trestle/kernel';
import fastify, { type FastifyInstance } from 'fastify';
import helmet from 'helmet';
import { addAccess } from './door/access.ts';
import { addBody } from './door/body.ts';
import { answerBadAddress, answerMalformed } from './door/malformed.ts';
import { addProblems } from './door/problems.ts';
import { addSameSite } from './door/same-site.ts';
import { addDrain, type Drain } from './drain.ts';
import { addDocsRoutes } from './openapi/docs-routes.ts';
import { eventStreams } from './routes/event-streams.ts';
import { addHealthRoutes } from './routes/health-routes.ts';
import { addJobRoutes } from './routes/job-routes.ts';
import { addLogRoute } from './routes/log-route.ts';
import { addMetricsRoute } from './routes/metrics-route.ts';
import { addOperationRoutes } from './routes/operation-routes.ts';
import { addPluginRoutes } from './routes/plugin-routes.ts';
import { addStudioRoutes } from './routes/studio-routes.ts';
import { serverConfig } from './server-config.ts';

/** How often connections are looked at for requests that take too long to arrive. */
const CONNECTION_LOOK_MS = 1_000;

/** Made once: they are the same for every answer. */
const securityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      requireTrustedTypesFor: ["'script'"],
      trustedTypes: ["'none'"],
    },
  },
  // Set where TLS ends, which is not here.
  strictTransportSecurity: false,
  referrerPolicy: { policy: 'no-referrer' },
  frameguard: { action: 'deny' },
});

/** The server's routes and everything at its door, not yet listening. */
export async function buildApp(
  host: Host,
  options: { readonly listenHost: string; readonly studioDir: string | undefined },
): Promise<{ readonly app: FastifyInstance; readonly drain: Drain }> {
  const config = host.config(serverConfig);
  const app = fastify({
    bodyLimit: config.maxBodyBytes,
    requestTimeout: config.requestTimeoutMs,
    // Fastify would answer 503 while it closes; a drain answers.
    return503OnClosing: false,
    forceCloseConnections: false,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 200 },
    clientErrorHandler: answerMalformed,
    frameworkErrors: answerBadAddress,
    // Given to Node as well: a headers timeout that is longer than the request's would win over it.
    http: {
      connectionsCheckingInterval: CONNECTION_LOOK_MS,
      requestTimeout: config.requestTimeoutMs,
      headersTimeout: config.requestTimeoutMs,
    },
  });
  // First, so that refusals carry these headers too.
  app.addHook('onRequest', (request, reply, done) =>
    securityHeaders(request.raw, reply.raw, (error) => done(error instanceof Error ? error : undefined)),
  );
  addProblems(app, host);
  addBody(app);
  const drain = addDrain(app);
  addSameSite(app, { listenHost: options.listenHost, ...config });
  await addAccess(app, host);
  await app.register(rateLimit, {
    max: config.rateLimit.max,
    timeWindow: config.rateLimit.windowMs,
    hook: 'preParsing',
    keyGenerator: (request) => `${request.principal.id} ${request.ip}`,
  });
  addHealthRoutes(app, host, drain.isDraining);
  const streams = eventStreams({ isDraining: drain.isDraining, maxStreams: config.maxEventStreams });
  addJobRoutes(app, host, streams);
  addLogRoute(app, host, streams);
  addMetricsRoute(app, host, streams.open);
  addOperationRoutes(app, host, config.maxBodyBytes);
  addPluginRoutes(app, host, { maxBodyBytes: config.maxBodyBytes, isDraining: drain.isDraining });
  await addDocsRoutes(app, host);
  await addStudioRoutes(app, options.studioDir);
  return { app, drain };
}
