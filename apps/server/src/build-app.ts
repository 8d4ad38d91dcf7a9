import { randomUUID } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Host } from '@trestle/kernel';
import fastify, { type FastifyInstance } from 'fastify';
import helmet from 'helmet';
import { addAccess } from './door/access.ts';
import { addBody } from './door/body.ts';
import { answerBadAddress, answerMalformed } from './door/malformed.ts';
import { addProblems, problemForms } from './door/problems.ts';
import { addRateLimit, type RequestCount } from './door/rate-limit.ts';
import { addSameSite } from './door/same-site.ts';
import { addSpans } from './door/spans.ts';
import { addDrain, type Drain } from './drain.ts';
import { addDocsRoutes } from './openapi/docs-routes.ts';
import type { Keeper } from './processes/keeper.ts';
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

const policy = helmet({
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

/** The headers of every answer. They are the same for all, so they are made once. */
async function headersOfAnswers(): Promise<Readonly<Record<string, string>>> {
  // Answers are somebody's; files of the Studio say themselves how long they keep.
  const headers: Record<string, string> = { 'cache-control': 'no-store' };
  const answer = new ServerResponse(new IncomingMessage(new Socket()));
  await new Promise<void>((resolve, reject) =>
    policy(answer.req, answer, (thrown) => (thrown === undefined ? resolve() : reject(thrown))),
  );
  for (const [name, value] of Object.entries(answer.getHeaders())) headers[name] = String(value);
  return headers;
}

/** The server's routes and everything at its door, not yet listening. */
export async function buildApp(
  host: Host,
  options: {
    readonly listenHost: string;
    readonly studioDir: string | undefined;
    readonly count: RequestCount;
    readonly keeper?: Keeper | undefined;
  },
): Promise<{ readonly app: FastifyInstance; readonly drain: Drain }> {
  const config = host.config(serverConfig);
  const formOf = problemForms(host);
  const app = fastify({
    bodyLimit: config.maxBodyBytes,
    requestTimeout: config.requestTimeoutMs,
    // Fastify would answer 503 while it closes; a drain answers.
    return503OnClosing: false,
    forceCloseConnections: false,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    clientErrorHandler: answerMalformed,
    frameworkErrors: (error, request, reply) => answerBadAddress(error, request, reply, formOf),
    // Given to Node as well: a headers timeout that is longer than the request's would win over it.
    http: {
      connectionsCheckingInterval: CONNECTION_LOOK_MS,
      requestTimeout: config.requestTimeoutMs,
      headersTimeout: config.requestTimeoutMs,
    },
  });
  const headers = await headersOfAnswers();
  // First, so that refusals carry these headers too.
  addSpans(app);
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
  addProblems(app, host, formOf);
  addBody(app);
  const drain = addDrain(app);
  addSameSite(app, { listenHost: options.listenHost, ...config });
  await addAccess(app, host);
  addRateLimit(app, options.count);
  addHealthRoutes(app, host, drain.isDraining);
  const streams = eventStreams({ isDraining: drain.isDraining, maxStreams: config.maxEventStreams });
  addJobRoutes(app, host, streams);
  addLogRoute(app, host, streams);
  addMetricsRoute(app, host, { openStreams: streams.open, keeper: options.keeper });
  addOperationRoutes(app, host, config.maxBodyBytes);
  addPluginRoutes(app, host, { maxBodyBytes: config.maxBodyBytes, isDraining: drain.isDraining });
  await addDocsRoutes(app, host);
  await addStudioRoutes(app, options.studioDir);
  return { app, drain };
}
