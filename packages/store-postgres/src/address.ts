import type { ClientConfig } from 'pg';
import { storeError } from './store-error.ts';

export interface Address {
  /** Where it is, without a password. */
  readonly shown: string;
  readonly config: Pick<ClientConfig, 'connectionString' | 'ssl'>;
}

const LOCAL = /^(localhost|127(\.\d+){3}|\[?::1\]?|)$/;

/** Reads the address of a database. What goes to another machine is encrypted, and the machine proves who it is, unless the address says otherwise. */
export function addressOf(url: string): Address {
  const read = URL.canParse(url) ? new URL(url) : undefined;
  if (!read || !/^postgres(ql)?:$/.test(read.protocol)) {
    // The address itself is not shown: it may hold a password.
    throw storeError('ADDRESS', {
      kind: 'invalid',
      message: 'postgres.url is not the address of a PostgreSQL database.',
      hint: 'Write postgres://user:password@host:5432/database; special characters in the password as %40, %2F, ….',
    });
  }
  const isSaid = read.searchParams.has('sslmode') || read.searchParams.has('ssl');
  const isLocal = LOCAL.test(read.hostname) || (read.searchParams.get('host') ?? '').startsWith('/');
  return {
    shown: `postgres://${read.host}${read.pathname}`,
    config: {
      connectionString: url,
      ...(isSaid || isLocal ? {} : { ssl: { rejectUnauthorized: true } }),
    },
  };
}
