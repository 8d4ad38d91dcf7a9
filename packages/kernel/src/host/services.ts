import type { Scope } from '../operation/context.ts';
import type { Plugin, ServiceProvider } from '../plugin/plugin.ts';
import type { Token } from '../plugin/token.ts';
import { kernelError } from './kernel-error.ts';

/** The services of a host: made on first use, once, and closed in reverse. */
export interface Services {
  get<T>(token: Token<T>): Promise<T>;
  has(token: Token<unknown>): boolean;
  close(): Promise<void>;
}

export function openServices(
  plugins: readonly Plugin[],
  own: readonly ServiceProvider[],
  scope: Omit<Scope, 'service'>,
): Services {
  const providers = new Map<string, ServiceProvider>();
  for (const provider of [...own, ...plugins.flatMap((plugin) => plugin.services ?? [])]) {
    providers.set(provider.token.name, provider);
  }
  const made = new Map<string, Promise<unknown>>();
  const closers: (() => void | Promise<void>)[] = [];

  // The chain of services that are being made: asking for one of them again would wait for itself.
  const get = async <T>(token: Token<T>, chain: readonly string[]): Promise<T> => {
    if (chain.includes(token.name)) {
      throw kernelError('SERVICE_CYCLE', {
        kind: 'failed',
        message: `Services need each other in a circle: ${[...chain, token.name].join(' → ')}.`,
        hint: 'One of these plugins must ask for the other service later, when it is used.',
      });
    }
    const provider = providers.get(token.name);
    if (!provider) {
      throw kernelError('SERVICE_MISSING', {
        kind: 'unavailable',
        message: `No plugin provides "${token.name}".`,
        hint: 'Add the plugin that provides it to "plugins" in the configuration.',
        details: { service: token.name },
      });
    }
    const existing = made.get(token.name);
    const service =
      existing ??
      Promise.resolve().then(() =>
        provider.make({
          ...scope,
          service: (next) => get(next, [...chain, token.name]),
          onClose: (close) => closers.push(close),
        }),
      );
    if (!existing) {
      made.set(token.name, service);
      // A service that could not be made (a locked database) may be asked for again.
      service.catch(() => made.delete(token.name));
    }
    // The provider was declared together with its token, so the value has the token's type.
    return (await service) as T;
  };

  return {
    get: (token) => get(token, []),
    has: (token) => providers.has(token.name),
    async close() {
      const failures: unknown[] = [];
      for (const close of closers.splice(0).reverse()) {
        await Promise.resolve(close()).catch((failure: unknown) => failures.push(failure));
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
