import type { Tokens } from '@trestle/contracts';
import type { Metadata } from '@trestle/store';
import { hashSecret } from './hash-secret.ts';
import { storedScopes } from './stored-scopes.ts';
import type { TokenTables } from './token-migrations.ts';

const LONGEST_SECRET = 200;

/** Says whom a secret stands for. */
export function verifyTokens(metadata: Metadata): Tokens {
  return {
    async verify(secret) {
      if (secret.length > LONGEST_SECRET) return undefined;
      // Looked up by its hash: how long that takes tells nothing about the secret.
      const row = await metadata
        .query<TokenTables>()
        .selectFrom('system_tokens')
        .select(['name', 'scopes'])
        .where('secret_hash', '=', hashSecret(secret))
        .where('revoked_at', 'is', null)
        .where('expires_at', '>', metadata.clock.iso)
        .executeTakeFirst();
      return row && { id: `token:${row.name}`, scopes: storedScopes(row.scopes).value ?? [] };
    },
  };
}
