import { createHmac } from 'node:crypto';
import type { Alert } from '@trestle/contracts';
import type { Webhook } from '../rules/webhook.ts';
import { bodyOf } from './webhook-bodies.ts';

const PREFIX = 'whsec_';

/**
 * Posts an alert. Where it leads elsewhere it is not followed: what is told of a model goes where the configuration says, and nowhere else.
 *
 * @throws an error that says what the receiver answered; nothing of its address, which may hold a key
 */
export async function callWebhook(webhook: Webhook, alert: Alert, signal: AbortSignal): Promise<void> {
  const body = JSON.stringify(bodyOf(webhook, alert));
  // The same for each attempt, so that a receiver knows what it has had.
  const id = `${alert.alert}.${alert.state === 'resolved' ? 'resolved' : 'fired'}`;
  const response = await fetch(webhook.url, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'content-type': 'application/json',
      ...(webhook.format === 'json' ? signed(id, body, webhook.secret) : {}),
      ...webhook.headers,
    },
    body,
    signal,
  }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new Error(reasonOf(cause));
  });
  // However much it has to say: its status is all that matters.
  await response.body?.cancel().catch(() => {});
  if (response.status >= 300 && response.status < 400)
    throw new Error(`it answered ${response.status}, which leads elsewhere and is not followed`);
  if (!response.ok) throw new Error(`it answered ${response.status}`);
}

/** The headers of Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, and the signature where there is a key. */
function signed(id: string, body: string, secret: string | undefined): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  if (secret === undefined) return headers;
  const key = secret.startsWith(PREFIX)
    ? Buffer.from(secret.slice(PREFIX.length), 'base64')
    : Buffer.from(secret);
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { ...headers, 'webhook-signature': `v1,${signature}` };
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'it could not be reached';
  const { code } = (cause.cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? `it could not be reached (${code})` : 'it could not be reached';
}
