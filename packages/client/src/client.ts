import type { AnyOperation, InputOf, OutputOf, Progress } from '@trestle/kernel';
import { clientError, errorOfAnswer, strange } from './client-error.ts';
import { followJob } from './follow-job.ts';

export interface ClientOptions {
  /** Where the server is: `http://127.0.0.1:7070`. */
  readonly url: string;
  /** A token of "trestle token create". */
  readonly token?: string;
  readonly fetch?: typeof fetch;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

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

export interface Caller {
  /** Runs an operation by its id. Jobs are followed to their end. */
  call(id: string, input: unknown, options?: CallOptions): Promise<unknown>;
}

/**
 * A client for some operations of a server; the types of their inputs and outputs come along.
 *
 * @example
 * const client = createClient({ url: 'http://127.0.0.1:7070', operations: [modelPromote] });
 * await client.model.promote({ name: 'strikes', version: 2, alias: 'champion' });
 */
export function createClient<const Ops extends readonly AnyOperation[]>(
  options: ClientOptions & { readonly operations: Ops },
): Methods<Ops[number]> & Caller {
  const caller = callerOf(options);
  const methods: Record<string, unknown> = { call: caller.call };
  for (const { id } of options.operations) {
    const [area = id, verb] = id.split('.');
    const method = (input: unknown, more?: CallOptions) => caller.call(id, input, more);
    if (verb === undefined) methods[id] = method;
    else methods[area] = { ...(methods[area] as object | undefined), [verb]: method };
  }
  // Built from the very ids that the type is made of.
  return methods as Methods<Ops[number]> & Caller;
}

function callerOf(options: ClientOptions): Caller {
  const send = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (options.token !== undefined) headers.set('authorization', `Bearer ${options.token}`);
    const url = new URL(path, options.url);
    // The token is for this server alone, wherever an answer may lead.
    if (url.origin !== new URL(options.url).origin) throw strange(`leads to ${url.origin}`);
    try {
      return await (options.fetch ?? fetch)(url, { ...init, headers });
    } catch (cause) {
      if (init.signal?.aborted) throw init.signal.reason;
      throw clientError('UNREACHABLE', {
        kind: 'unavailable',
        message: `The server at ${new URL(options.url).origin} does not answer.`,
        hint: 'Is "trestle serve" running there? Check the address.',
        cause,
      });
    }
  };
  return {
    async call(id, input, { signal, onProgress } = {}) {
      const response = await send(`/api/v1/${id.replace('.', '/')}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(input ?? {}),
        ...(signal ? { signal } : {}),
      });
      if (!response.ok) throw await errorOfAnswer(response);
      const body: unknown = await response.json().catch((cause: unknown) => {
        signal?.throwIfAborted();
        throw strange('breaks off, or is not JSON', cause);
      });
      if (response.status !== 202) return body;
      return await followJob(send, body, {
        ...(signal ? { signal } : {}),
        ...(onProgress ? { onProgress } : {}),
      });
    },
  };
}
