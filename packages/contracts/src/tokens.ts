import { type Principal, token } from '@trestle/kernel/spec';

/** Access tokens. Provided by the system plugin; the server asks it who a caller is. */
export interface Tokens {
  /** Whom a secret stands for; undefined when it is unknown, expired or revoked. */
  verify(secret: string): Promise<Principal | undefined>;
}

export const tokensToken = token<Tokens>('system.tokens');
