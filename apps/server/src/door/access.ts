import { type Tokens, tokensToken } from '@trestle/contracts';
import { type Host, mayOnSomething, OPEN_ACCESS, type Principal, type TrestleError } from '@trestle/kernel';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { serverConfig } from '../server-config.ts';
import { serverError } from '../server-error.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The permission that a caller needs; a route without one keeps the server from starting. */
    readonly access?: string;
    /** A page that a browser opens by its address: it asks its user, who gives the token as the password. */
    readonly isPage?: boolean;
  }
  interface FastifyRequest {
    principal: Principal;
  }
}

const ANONYMOUS = 'anonymous';
/** Without authentication the server listens on loopback only: who reaches it is on this machine. */
export const LOCAL: Principal = { id: 'local:http', scopes: ['*:*'] };

/** Finds out who calls and whether they may, before anything of the body is read. */
export async function addAccess(app: FastifyInstance, host: Host): Promise<void> {
  const callers = await callersOf(host);
  app.decorateRequest('principal', null as unknown as Principal);
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    routes.push(route);
  });
  app.addHook('onReady', async () => {
    const undeclared = routes.find((route) => route.config?.access === undefined);
    if (!undeclared) return;
    throw serverError('ROUTE_WITHOUT_ACCESS', {
      kind: 'failed',
      message: `The route ${String(undeclared.method)} ${undeclared.url} declares no permission; the server does not start.`,
      hint: 'This is a defect of the plugin or app that adds the route.',
    });
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (!callers) {
      request.principal = LOCAL;
      return done(check(request, reply));
    }
    whoCalls(callers, request.headers.authorization, request.routeOptions.config.isPage).then((principal) => {
      request.principal = principal;
      done(check(request, reply));
    }, done);
    return undefined;
  });
}

/** Why somebody may not do something, if they may not. */
export function accessRefusal(principal: Principal, access: string): TrestleError | undefined {
  if (mayOnSomething(principal, access)) return undefined;
  if (principal.id === ANONYMOUS)
    return serverError('UNAUTHENTICATED', {
      kind: 'unauthenticated',
      message: 'This server wants to know who calls.',
      hint: 'Send "Authorization: Bearer TOKEN"; "trestle token create" makes one.',
    });
  return serverError('ACCESS_DENIED', {
    kind: 'denied',
    message: `"${principal.id}" needs the permission "${access}" for this.`,
    hint: 'Use a token with that scope.',
    details: { access },
  });
}

function check(request: FastifyRequest, reply: FastifyReply): TrestleError | undefined {
  const { access = OPEN_ACCESS, isPage = false } = request.routeOptions.config;
  const refused = accessRefusal(request.principal, access);
  if (refused && request.principal.id === ANONYMOUS)
    reply.header('www-authenticate', `${isPage ? 'Basic' : 'Bearer'} realm="trestle"`);
  return refused;
}

/** Who tells callers apart, and what those may do who say nothing. */
export interface Callers {
  readonly tokens: Tokens;
  readonly anonymous: Principal;
}

/** Undefined where nobody is asked. */
export async function callersOf(host: Host): Promise<Callers | undefined> {
  const { auth, anonymous } = host.config(serverConfig);
  if (auth === 'none') return undefined;
  return { tokens: await host.service(tokensToken), anonymous: { id: ANONYMOUS, scopes: anonymous } };
}

/** Who shows a token; one that stands for nobody is as good as none. @param isPage whether it may be a password */
export async function whoCalls(
  { tokens, anonymous }: Callers,
  authorization = '',
  isPage = false,
): Promise<Principal> {
  const [scheme = '', credentials = ''] = authorization.split(' ');
  const secret =
    scheme.toLowerCase() === 'bearer'
      ? credentials
      : isPage && scheme.toLowerCase() === 'basic'
        ? passwordOf(credentials)
        : '';
  return (secret && (await tokens.verify(secret))) || anonymous;
}

/** The password of basic credentials (RFC 7617, section 2); the user's name may be anything. */
function passwordOf(credentials: string): string {
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}

/** Gives the routes that a third party's Fastify plugin adds to `scope` a permission. */
export function declareAccess(
  scope: FastifyInstance,
  config: { readonly access: string; readonly isPage?: boolean },
): void {
  scope.addHook('onRoute', (route) => {
    route.config = { ...route.config, ...config };
  });
}
