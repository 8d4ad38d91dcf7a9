import { NAME_PATTERN } from '@trestle/contracts';
import { operation, SCOPE_PATTERN } from '@trestle/kernel';
import { z } from 'zod';

const when = (time: string): string => time.slice(0, 16).replace('T', ' ');

const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  createdBy: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
  state: z.enum(['active', 'expired', 'revoked']),
  /** Why its record cannot be read: then it allows nothing. */
  unreadable: z.string().optional(),
});
export type ShownToken = z.infer<typeof tokenSchema>;

export const tokenCreate = operation({
  id: 'token.create',
  summary: 'Make an access token for the HTTP API; its secret is shown once.',
  kind: 'command',
  access: 'token:admin',
  beginsProject: true,
  input: z.object({
    name: z
      .string()
      .regex(NAME_PATTERN, 'may hold letters, digits, dots, dashes and underscores')
      .describe('what it is for'),
    scopes: z
      .array(
        z
          .string()
          .regex(
            SCOPE_PATTERN,
            'a scope looks like area:action or area:action@kind/name; a side may be *, a name may end with one',
          ),
      )
      .min(1)
      .max(50)
      .describe('what it may do: serving:predict, data:*, *:read, registry:promote@model/churn*'),
    expires: z.string().default('90d').describe('how long it is good for: 12h, 30d, 8w'),
  }),
  positionals: ['name'],
  output: tokenSchema.extend({ secret: z.string() }),
  load: () => import('./manage-tokens.ts').then((module) => module.createToken),
  present: ({ name, secret, scopes, expiresAt, id }) => [
    {
      kind: 'facts',
      facts: [
        ['token', secret],
        ['id', id],
        ['name', name],
        ['may', scopes.join(', ')],
        ['expires (UTC)', when(expiresAt)],
      ],
    },
    { kind: 'note', tone: 'warn', text: 'Copy it now: it is not stored and cannot be shown again.' },
    {
      kind: 'note',
      tone: 'info',
      text: 'Use it as TRESTLE_TOKEN, or in the header "Authorization: Bearer …".',
    },
  ],
});

export const tokenList = operation({
  id: 'token.list',
  summary: 'List access tokens, without their secrets.',
  kind: 'query',
  access: 'token:admin',
  input: z.object({}),
  output: z.object({ tokens: z.array(tokenSchema) }),
  load: () => import('./manage-tokens.ts').then((module) => module.listTokens),
  present: ({ tokens }) => [
    {
      kind: 'table',
      columns: [
        { key: 'id', label: 'id' },
        { key: 'name', label: 'name' },
        { key: 'state', label: 'state' },
        { key: 'may', label: 'may' },
        { key: 'expires', label: 'expires (UTC)' },
        { key: 'createdBy', label: 'made by' },
      ],
      rows: tokens.map(({ id, name, state, scopes, expiresAt, createdBy }) => ({
        id,
        name,
        state,
        may: scopes.join(', '),
        expires: when(expiresAt),
        createdBy,
      })),
    },
  ],
});

export const tokenRevoke = operation({
  id: 'token.revoke',
  summary: 'Make an access token worthless, at once.',
  kind: 'command',
  access: 'token:admin',
  input: z.object({ token: z.string().min(1).max(200).describe('the id (t-…) or the name of a token') }),
  positionals: ['token'],
  output: tokenSchema,
  load: () => import('./manage-tokens.ts').then((module) => module.revokeToken),
  present: ({ name, id }) => [
    { kind: 'note', tone: 'good', text: `The token "${name}" (${id}) is revoked.` },
  ],
});
