import type { Resource } from '../access/principal.ts';
import type { ConfigSection } from '../config/section.ts';
import type { Problem } from '../error/problem.ts';
import type { LogEvent } from '../event/journal.ts';
import type { Context, Scope } from '../operation/context.ts';
import type { AnyOperation } from '../operation/operation.ts';
import type { Contribution } from './extension-point.ts';
import type { Token } from './token.ts';

/** A service as its plugin offers it; made once per host, on first use. */
export interface ServiceProvider {
  readonly token: Token<unknown>;
  readonly make: (scope: ServiceScope) => unknown;
  /**
   * A plugin of the configuration may provide the service in place of this one. Services with the same word belong together: who
   * replaces one of them replaces them all.
   */
  readonly replaceable?: string;
}

export interface ServiceScope extends Scope {
  /** Runs when the host closes, last made first. */
  onClose(close: () => void | Promise<void>): void;
}

/** Offers a service under its token. */
export function provide<T>(
  token: Token<T>,
  make: (scope: ServiceScope) => T | Promise<T>,
  options: Pick<ServiceProvider, 'replaceable'> = {},
): ServiceProvider {
  return { token, make, ...options };
}

/** A raw web-standard route, for protocols that are not ours. `:name` segments become `params`. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly access: `${string}:${string}`;
  /** What its path names: a caller needs the permission on it. Everything (`WORKSPACE`) when left out. */
  readonly resource?: (params: Readonly<Record<string, string>>) => Resource | readonly Resource[];
  readonly summary: string;
  /** Content types that the route accepts, '' for a body without one; `application/json` alone when left out. */
  readonly accepts?: readonly string[];
  /** The route takes packed bodies (gzip, deflate), which unpacked are no larger than its limit. */
  readonly unpacks?: boolean;
  /** The route looks at the bytes itself, off the thread that accepts requests: nobody has before, not for UTF-8 and not for depth. */
  readonly readsBytes?: boolean;
  /** The largest body in bytes; the server's own limit when left out. */
  readonly maxBodyBytes?: number;
  /** The route tells whether requests are taken: while the server drains it is answered for it, with 503. */
  readonly isReadiness?: boolean;
  readonly load: () => Promise<RouteHandler>;
}

/** A service over gRPC, for protocols that have one: the server has a port of its own for it, with the checks of its door. */
export interface GrpcService {
  /** The file of its protocol buffers. */
  readonly proto: URL;
  /** Its whole name: `inference.GRPCInferenceService`. */
  readonly name: string;
  readonly methods: Readonly<Record<string, GrpcMethod>>;
}

export interface GrpcMethod {
  readonly access: `${string}:${string}`;
  /** What a message touches; everything (`WORKSPACE`) when left out. */
  readonly resource?: (message: GrpcMessage) => Resource | readonly Resource[];
  /** It tells whether requests are taken: while the server drains it is answered for it. */
  readonly isReadiness?: boolean;
  /** Of a stream: what is answered where a message fails, in the error's words; the stream goes on. */
  readonly failed?: (message: string) => GrpcMessage;
  readonly load: () => Promise<GrpcHandler>;
}

/** Members in their own names, 64-bit integers as texts, bytes as buffers. */
export type GrpcMessage = Readonly<Record<string, unknown>>;

/** A stream asks it message by message. */
export type GrpcHandler = (ctx: Context, request: GrpcMessage) => Promise<GrpcMessage>;

/** How whatever goes wrong below a path is answered, also what the server refuses at its door, where a protocol has a form of its own. */
export interface ProblemForm {
  /** `/v2` is itself and all below it. */
  readonly under: string;
  readonly body: (problem: Problem) => Readonly<Record<string, unknown>>;
}

/** What a route is asked, its body whole; a web-standard `Request` is one. */
export type RouteRequest = Pick<Request, 'method' | 'url' | 'text' | 'json' | 'arrayBuffer'> & {
  readonly headers: Pick<Headers, 'get' | 'has'>;
  /** Its bytes; a view of what came, where the request is not web-standard. */
  bytes(): Promise<Uint8Array>;
};

/** What a route answers, in parts: making and sending one costs a fraction of a web-standard `Response`. */
export interface RouteAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes are handed over: the server lets go of them when they are sent. */
  readonly body: string | Uint8Array;
}

export type RouteHandler = (
  ctx: Context,
  request: RouteRequest,
  params: Readonly<Record<string, string>>,
) => Promise<Response | RouteAnswer>;

/** Work done after an event is committed: at least once, in order, remembered across restarts. */
export interface Subscriber {
  readonly name: string;
  /** Event types; a trailing `*` matches the rest (`model.*`). */
  readonly types: readonly string[];
  readonly load: () => Promise<(ctx: Context, event: LogEvent) => Promise<void>>;
}

/** Work done again and again while a server or worker runs; one process at a time does it. */
export interface Schedule {
  readonly name: string;
  /** A cron line (croner's syntax, seconds allowed) or a number of milliseconds. */
  readonly every: string | number;
  readonly load: () => Promise<(ctx: Context) => Promise<void>>;
}

export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  /**
   * Whose number it is where a server has several processes: of each process, and the sum is shown, or of the whole project, as what
   * is read from the store is. `process` when left out.
   */
  readonly of?: 'process' | 'project';
  readonly collect: (
    scope: Scope,
  ) => Promise<readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]>;
}

/** Everything that a package adds to Trestle: a plain object. */
export interface Plugin {
  readonly name: string;
  readonly version: string;
  readonly config?: ConfigSection;
  readonly operations?: readonly AnyOperation[];
  readonly services?: readonly ServiceProvider[];
  readonly contributions?: readonly Contribution[];
  readonly routes?: readonly Route[];
  readonly problemForms?: readonly ProblemForm[];
  readonly grpc?: readonly GrpcService[];
  readonly subscribers?: readonly Subscriber[];
  readonly schedules?: readonly Schedule[];
  readonly metrics?: readonly Metric[];
}

/** Defines a plugin; keeps the types of its operations for the typed client. */
export const plugin = <const P extends Plugin>(parts: P): P => parts;
