import { NAME_PATTERN, severitySchema } from '@trestle/contracts';
import { secret } from '@trestle/kernel';
import { z } from 'zod';

/** Where alerts are posted to. */
export const webhookSchema = z
  .strictObject({
    /** It is shown with what could not be delivered. */
    name: z.string().regex(NAME_PATTERN),
    /** Of chats, whoever has it may write. */
    url: z.url({ protocol: /^https?$/ }).meta({ secret: true }),
    /**
     * `json`: the alert as it is, signed as Standard Webhooks has it. `slack`, `teams`: a message for an incoming webhook or workflow.
     * `alertmanager`: for `/api/v2/alerts`. `pagerduty`: Events API v2.
     */
    format: z.enum(['json', 'slack', 'teams', 'alertmanager', 'pagerduty']).default('json'),
    /** `json`: the key of the signature, `whsec_` and base64. `pagerduty`: the routing key. */
    secret: secret().optional(),
    /** More headers, such as `authorization`. */
    headers: z.record(z.string(), secret()).default({}),
    /** What matters less is not told. */
    severity: severitySchema.default('warning'),
    /** Alerts of these deployments alone; of all when left out. */
    deployments: z.array(z.string()).min(1).optional(),
  })
  .refine(({ format, secret }) => format !== 'pagerduty' || secret !== undefined, {
    path: ['secret'],
    message: 'pagerduty needs the routing key',
  })
  .refine(({ format, secret }) => secret === undefined || format === 'json' || format === 'pagerduty', {
    path: ['secret'],
    message: 'only json is signed, and only pagerduty has a routing key',
  });
export type Webhook = z.output<typeof webhookSchema>;
