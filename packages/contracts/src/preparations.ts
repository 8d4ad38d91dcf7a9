import { extensionPoint, type Scope } from '@trestle/kernel/spec';

/** What a server does before it takes requests, so that the first of them does not wait for it. */
export interface Preparation {
  readonly name: string;
  /** `signal` aborts when it has taken too long: the server begins without it then. */
  readonly load: () => Promise<(scope: Scope, signal: AbortSignal) => Promise<void>>;
}

/** Where a plugin says what is to be ready before a server is. */
export const preparations = extensionPoint<Preparation>('server.preparations');
