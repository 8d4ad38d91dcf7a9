import type { Scope } from '../operation/context.ts';
import type { Plugin, ServiceProvider } from '../plugin/plugin.ts';
import type { Token } from '../plugin/token.ts';
import { kernelError } from './kernel-error.ts';

/** The services of a host: made on first use, once, and closed in reverse. */
export interface Services {
  get<T>(token: Token<T>): Promise<T>;
  has(token: Token<unknown>): boolean;
  /** Waits for what is being made, then closes, last made first. Afterwards nothing new is made. */
  close(): Promise<void>;
}

export function openServices(
  plugins: readonly Plugin[],
  own: readonly ServiceProvider[],
  scope: Omit<Scope, 'service'>,
): Services {
  const providers = new Map<string, ServiceProvider>(
    [...own, ...plugins.flatMap((plugin) => plugin.services ?? [])].map((provider) => [
      provider.token.name,
      provider,
    ]),
  );
  const made = new Map<string, Promise<unknown>>();
  // Which services wait for which, among those that are being made.
  const waiting = new Map<string, Set<string>>();
  const closers: (() => void | Promise<void>)[] = [];
  let isClosing = false;

  const get = async <T>(token: Token<T>, asker: string | undefined): Promise<T> => {
    const circle = asker === undefined ? undefined : pathBetween(waiting, token.name, asker);
    if (circle) throw inCircle([...circle, token.name]);
    const service = made.get(token.name) ?? make(token.name, asker);
    if (asker !== undefined) waiting.get(asker)?.add(token.name);
    try {
      // The provider was declared together with its token, so the value has the token's type.
      return (await service) as T;
    } finally {
      if (asker !== undefined) waiting.get(asker)?.delete(token.name);
    }
  };

  const make = (name: string, asker: string | undefined): Promise<unknown> => {
    const provider = providers.get(name);
    if (!provider) throw isMissing(name, asker);
    if (isClosing) throw isClosed(name);
    waiting.set(name, new Set());
    const service = Promise.resolve()
      .then(() =>
        provider.make({
          ...scope,
          service: (next) => get(next, name),
          onClose: (close) => closers.push(close),
        }),
      )
      .finally(() => waiting.delete(name));
    made.set(name, service);
    // A service that could not be made (a locked database) may be asked for again.
    service.catch(() => made.delete(name));
    return service;
  };

  return {
    get: (token) => get(token, undefined),
    has: (token) => providers.has(token.name),
    async close() {
      isClosing = true;
      await Promise.allSettled(made.values());
      const failures: unknown[] = [];
      for (const close of closers.splice(0).reverse()) {
        await Promise.resolve()
          .then(close)
          .catch((failure: unknown) => failures.push(failure));
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}

/** The services from one to another along what they wait for; undefined where there is no such path. */
function pathBetween(
  waiting: ReadonlyMap<string, ReadonlySet<string>>,
  from: string,
  to: string,
): readonly string[] | undefined {
  if (from === to) return [from];
  for (const next of waiting.get(from) ?? []) {
    const rest = pathBetween(waiting, next, to);
    if (rest) return [from, ...rest];
  }
  return undefined;
}

const inCircle = (names: readonly string[]) =>
  kernelError('SERVICE_CYCLE', {
    kind: 'failed',
    message: `Services need each other in a circle: ${names.join(' → ')}.`,
    hint: 'One of these plugins must ask for the other service later, when it is used.',
  });

const isMissing = (name: string, asker: string | undefined) =>
  kernelError('SERVICE_MISSING', {
    kind: 'unavailable',
    message: `No plugin provides "${name}"${asker === undefined ? '' : `, which "${asker}" needs`}.`,
    hint: 'Add the plugin that provides it to "plugins" in the configuration.',
    details: { service: name },
  });

const isClosed = (name: string) =>
  kernelError('CLOSED', {
    kind: 'unavailable',
    message: `The host is closed: "${name}" is not made any more.`,
    hint: 'Keep the host open until all work is done.',
  });
