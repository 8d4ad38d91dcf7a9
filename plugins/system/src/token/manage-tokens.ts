import { randomBytes } from 'node:crypto';
import { tokenCreated, tokenRevoked } from '@trestle/contracts';
import { type Context, mayHandOn, type Principal } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { systemError } from '../system-error.ts';
import { hashSecret } from './hash-secret.ts';
import { storedScopes } from './stored-scopes.ts';
import type { TokenTables } from './token-migrations.ts';
import type { ShownToken } from './token-operations.ts';

type Row = TokenTables['system_tokens'];
const SECRET_BYTES = 32;

export async function createToken(
  ctx: Context,
  input: { readonly name: string; readonly scopes: readonly string[]; readonly expires: string },
): Promise<ShownToken & { secret: string }> {
  // Nobody makes a token that may do more than they; a wildcard is covered by the same wildcard only.
  const beyond = input.scopes.find((scope) => !mayHandOn(ctx.principal, scope));
  if (beyond !== undefined) throw scopeBeyond(ctx.principal, beyond);
  const secret = `trs_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  const row: Row = {
    id: `t-${randomBytes(8).toString('hex')}`,
    name: input.name,
    secret_hash: hashSecret(secret),
    scopes: JSON.stringify(input.scopes),
    created_by: ctx.principal.id,
    created_at: new Date().toISOString(),
    expires_at: new Date(Date.now() + lifetimeMs(input.expires)).toISOString(),
    revoked_at: null,
  };
  const metadata = await ctx.service(metadataToken);
  await metadata.change<TokenTables, void>(ctx, async ({ db, record }) => {
    const same = await db
      .selectFrom('system_tokens')
      .selectAll()
      .where('name', '=', input.name)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', row.created_at)
      .executeTakeFirst();
    if (same) throw nameTaken(same);
    await db.insertInto('system_tokens').values(row).execute();
    await record(tokenCreated, `token:${row.id}`, {
      name: row.name,
      scopes: input.scopes,
      expiresAt: row.expires_at,
    });
  });
  return { ...show(row), secret };
}

export async function listTokens(ctx: Context): Promise<{ tokens: ShownToken[] }> {
  const metadata = await ctx.service(metadataToken);
  const rows = await metadata
    .query<TokenTables>()
    .selectFrom('system_tokens')
    .selectAll()
    .orderBy('created_at', 'desc')
    .execute();
  return { tokens: rows.map(show) };
}

export async function revokeToken(ctx: Context, input: { readonly token: string }): Promise<ShownToken> {
  const metadata = await ctx.service(metadataToken);
  return await metadata.change<TokenTables, ShownToken>(ctx, async ({ db, record }) => {
    const row = await db
      .selectFrom('system_tokens')
      .selectAll()
      .where((where) => where.or([where('id', '=', input.token), where('name', '=', input.token)]))
      .where('revoked_at', 'is', null)
      .orderBy('created_at', 'desc')
      .executeTakeFirst();
    if (!row) throw unknownToken(input.token);
    const revoked_at = new Date().toISOString();
    await db.updateTable('system_tokens').set({ revoked_at }).where('id', '=', row.id).execute();
    await record(tokenRevoked, `token:${row.id}`, { name: row.name });
    return show({ ...row, revoked_at });
  });
}

function show(row: Row): ShownToken {
  const scopes = storedScopes(row.scopes);
  const isExpired = row.expires_at <= new Date().toISOString();
  return {
    id: row.id,
    name: row.name,
    scopes: scopes.value ?? [],
    ...(scopes.unreadable === undefined ? {} : { unreadable: `its scopes: ${scopes.unreadable}` }),
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    state: row.revoked_at !== null ? 'revoked' : isExpired ? 'expired' : 'active',
  };
}

const scopeBeyond = (principal: Principal, scope: string) =>
  systemError('TOKEN_SCOPE', {
    kind: 'denied',
    message: `"${principal.id}" may not give "${scope}" to a token: it does not have it itself.`,
    hint: 'Ask for less, or let somebody make it who may do this.',
    details: { scope },
  });

const nameTaken = (row: Row) =>
  systemError('TOKEN_EXISTS', {
    kind: 'conflict',
    message: `There is an active token "${row.name}" already (${row.id}).`,
    hint: `Choose another name, or run "trestle token revoke ${row.id}" first.`,
  });

const unknownToken = (token: string) =>
  systemError('UNKNOWN_TOKEN', {
    kind: 'not-found',
    // Somebody may paste a secret here.
    message: token.startsWith('trs_')
      ? 'There is no token with this id.'
      : `There is no active token "${token}".`,
    hint: 'See "trestle token list"; give the id or the name, not the secret.',
  });

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const LONGEST_MS = 366 * 86_400_000;

/** Milliseconds of a lifetime such as `12h`, `30d` or `8w`. @throws TRS_SYSTEM_TOKEN_LIFETIME */
export function lifetimeMs(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,5})([hdw])$/.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  if (ms <= LONGEST_MS) return ms;
  throw systemError('TOKEN_LIFETIME', {
    kind: 'invalid',
    message: `"${text.slice(0, 40)}" is not a lifetime for a token.`,
    hint: 'Write hours, days or weeks (12h, 30d, 8w), at most 366 days.',
  });
}
