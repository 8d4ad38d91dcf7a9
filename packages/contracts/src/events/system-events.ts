import { defineEvent } from '@trestle/kernel/spec';
import { z } from 'zod';

/** An access token was made; its secret is nowhere. */
export const tokenCreated = defineEvent(
  'token.created',
  z.object({ name: z.string(), scopes: z.array(z.string()).readonly(), expiresAt: z.string() }),
);
export const tokenRevoked = defineEvent('token.revoked', z.object({ name: z.string() }));
