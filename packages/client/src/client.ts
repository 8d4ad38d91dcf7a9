import {
  type AnyOperation,
  type InputOf,
  isRecord,
  type OutputOf,
  PRESENTED_TYPE,
  type Presented,
  type Progress,
} from '@trestle/kernel/spec';
import { clientError, errorOfAnswer, strange } from './client-error.ts';
import { followJob, jobIn, type Send } from './follow-job.ts';
import { type WatchedEvent, type WatchOptions, watchLog } from './watch-log.ts';

export interface ClientOptions {
  /** Where the server is: `http://127.0.0.1:7070`, or a folder of a site under which it is served. */
  readonly url: string;
  /** A token of "trestle token create", or what gives the one of the moment. */
  readonly token?: string | (() => string | undefined);
  readonly fetch?: typeof fetch;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Called with the id of the job as soon as the server has queued one; the call goes on to its end. */
  readonly onJob?: (job: string) => void;
  readonly onProgress?: (progress: Progress) => void;
}

/** The operations in a type: one, a list, a plugin, or everything that a module exports (`typeof operations`). */
export type OperationsIn<T> = T extends AnyOperation
  ? T
  : T extends readonly (infer Item)[]
    ? OperationsIn<Item>
    : T extends { readonly operations: infer List }
      ? OperationsIn<List>
      : Extract<T[keyof T], AnyOperation>;

/** The methods of some operations: `data.add` is `client.data.add(input)`, `train` is `client.train(input)`. */
export type Methods<Op extends AnyOperation> = {
  readonly [Area in Op['id'] as Area extends `${infer Head}.${string}` ? Head : never]: {
    readonly [Verb in Op['id'] as Area extends `${infer Head}.${string}`
      ? Verb extends `${Head}.${infer Rest}`
        ? Rest
        : never
      : never]: Method<Extract<Op, { readonly id: Verb }>>;
  };
} & {
  readonly [Id in Op['id'] as Id extends `${string}.${string}` ? never : Id]: Method<
    Extract<Op, { readonly id: Id }>
  >;
};

type Method<Op> = (input: InputOf<Op>, options?: CallOptions) => Promise<OutputOf<Op>>;

/** What every client has besides the methods of its operations. */
export interface Caller {
  /** Runs an operation by its id. Jobs are followed to their end. */
  call(id: string, input: unknown, options?: CallOptions): Promise<unknown>;
  /** The same, with the picture of the result as neutral views: what a page draws of an operation that it does not know. */
  present(id: string, input: unknown, options?: CallOptions): Promise<Presented>;
  /**
   * Tells of events of the log as they are committed, and goes on where it was when the connection breaks, until the signal
   * aborts. Needs the permission `audit:read`.
   */
  watch(listener: (event: WatchedEvent) => void, options: WatchOptions): Promise<void>;
  /** Follows a job that was started elsewhere to its end, and gives its output. */
  follow(job: string, options?: CallOptions): Promise<unknown>;
}

/**
 * Makes a client for some operations of a server. It is made from their types alone: nothing of the server's code comes
 * along, and nothing is asked of the server before the first call.
 *
 * @example
 * import type { registryPlugin } from '@trestle/plugin-registry';
 * const client = createClient<typeof registryPlugin>({ url: 'http://127.0.0.1:7070' });
 * await client.model.promote({ name: 'strikes', version: 2, alias: 'champion' });
 */
export function createClient<Operations = never>(
  options: ClientOptions,
): Methods<OperationsIn<Operations>> & Caller {
  const caller = callerOf(options);
  const method = (id: string) => (input: unknown, more?: CallOptions) => caller.call(id, input, more);
  /** An operation of one word, and the area of those that begin with it. */
  const area = (name: string): unknown =>
    new Proxy(method(name), { get: (_, verb) => (isName(verb) ? method(`${name}.${verb}`) : undefined) });
  const client: unknown = new Proxy(caller, {
    get: (own, name) => Reflect.get(own, name) ?? (isName(name) ? area(name) : undefined),
  });
  // Every id has its method, so those of the type are there.
  return client as Methods<OperationsIn<Operations>> & Caller;
}

/** Not a symbol, and not `then`: a client that is awaited is no promise. */
const isName = (key: string | symbol): key is string => typeof key === 'string' && key !== 'then';

function callerOf(options: ClientOptions): Caller {
  const base = new URL(options.url);
  if (!base.pathname.endsWith('/')) base.pathname += '/';

  const send: Send = async (path, init) => {
    const headers = new Headers(init.headers);
    const token = typeof options.token === 'function' ? options.token() : options.token;
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const url = new URL(path.replace(/^\//, ''), base);
    // The token is for this server alone, wherever an answer may lead.
    if (url.origin !== base.origin) throw strange(`leads to ${url.origin}`);
    try {
      return await (options.fetch ?? fetch)(url, { ...init, headers });
    } catch (cause) {
      if (init.signal?.aborted) throw init.signal.reason;
      throw clientError('UNREACHABLE', {
        kind: 'unavailable',
        message: `The server at ${base.origin} does not answer.`,
        hint: 'Is "trestle serve" running there? Check the address.',
        cause,
      });
    }
  };

  const ask = async (path: string, init: RequestInit) => {
    const response = await send(path, init);
    if (!response.ok) throw await errorOfAnswer(response);
    const body: unknown = await response.json().catch((cause: unknown) => {
      init.signal?.throwIfAborted();
      throw strange('breaks off, or is not JSON', cause);
    });
    return { isJob: response.status === 202, body };
  };
  /** Posts the input; a job's place comes back at once. */
  const post = (id: string, input: unknown, accept: string, signal: AbortSignal | undefined) =>
    ask(`api/v1/${id.replace('.', '/')}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify(input ?? {}),
      ...(signal ? { signal } : {}),
    });

  return {
    async call(id, input, callOptions = {}) {
      const { isJob, body } = await post(id, input, 'application/json', callOptions.signal);
      if (!isJob) return body;
      const place = jobIn(body);
      callOptions.onJob?.(place.job);
      return await followJob(send, place, callOptions);
    },
    async present(id, input, callOptions = {}) {
      const { signal } = callOptions;
      const { isJob, body } = await post(id, input, PRESENTED_TYPE, signal);
      if (!isJob) return presentedIn(body);
      const place = jobIn(body);
      callOptions.onJob?.(place.job);
      await followJob(send, place, callOptions);
      const init = { headers: { accept: PRESENTED_TYPE }, ...(signal ? { signal } : {}) };
      return presentedIn((await ask(`api/v1/jobs/${encodeURIComponent(place.job)}`, init)).body);
    },
    watch: (listener, watchOptions) => watchLog(send, listener, watchOptions),
    async follow(job, callOptions = {}) {
      const path = `api/v1/jobs/${encodeURIComponent(job)}`;
      return await followJob(send, { job, events: `${path}/events` }, callOptions);
    },
  };
}

/** The views are drawn as text and nothing else, so what they say needs no check; that they are there does. */
function presentedIn(body: unknown): Presented {
  if (!isRecord(body) || !('output' in body)) throw strange('holds no result');
  const { output, views, passed } = body;
  return {
    output,
    ...(Array.isArray(views) ? { views } : {}),
    ...(typeof passed === 'boolean' ? { passed } : {}),
  };
}
