import { configSection, secret } from '@trestle/kernel';
import { z } from 'zod';

/** Where content is kept, in a bucket of whatever speaks S3. */
export const s3Config = configSection(
  's3',
  z
    .strictObject({
      bucket: z
        .string()
        .regex(
          /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
          'must be the name of a bucket: small letters, digits, dots, hyphens',
        ),
      /** What the names of all objects begin with; one project has it for itself. */
      prefix: z
        .string()
        .regex(/^([A-Za-z0-9!_.*'()-]+\/)*$/, 'must be empty or end with "/"')
        .default(''),
      /** Where it is, where it is not AWS: `http://127.0.0.1:9000`. Its buckets are addressed by path, as most such servers want it. */
      endpoint: z.url({ protocol: /^https?$/ }).optional(),
      region: z.string().min(1).default('us-east-1'),
      /** Both or neither; without them what the machine has: environment, profile, role. */
      accessKeyId: secret().optional(),
      secretAccessKey: secret().optional(),
      /** What the server encrypts with at rest; its own setting where left out. */
      encryption: z.enum(['AES256', 'aws:kms']).optional(),
      kmsKey: z.string().min(1).optional(),
      /** How much of this machine's disk the copies that engines read may take, in bytes. */
      cacheBytes: z
        .number()
        .int()
        .min(2 ** 20)
        .default(20 * 2 ** 30),
      /** How long a connection may stay silent, in milliseconds; then it is made again, or given up. */
      silenceMs: z.number().int().min(100).max(600_000).default(30_000),
    })
    .refine(
      ({ accessKeyId, secretAccessKey }) => (accessKeyId === undefined) === (secretAccessKey === undefined),
      'accessKeyId and secretAccessKey come together',
    )
    .refine(
      ({ encryption, kmsKey }) => kmsKey === undefined || encryption === 'aws:kms',
      'kmsKey is used with encryption "aws:kms" only',
    ),
);
