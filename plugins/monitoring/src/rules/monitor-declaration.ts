import { taskSchema } from '@trestle/contracts';
import { z } from 'zod';

const momentSchema = z
  .string()
  .refine((text) => Number.isFinite(Date.parse(text)), 'write a time such as 2026-03-01T00:00:00Z');

/** A model that runs elsewhere: what its predictions are, and what its traffic is compared with. */
export const monitorDeclarationSchema = z
  .strictObject({
    task: taskSchema,
    /** Of a classifier; of two, the second is the one whose probability is told. */
    classes: z.array(z.string().min(1)).min(2).max(1_000).optional(),
    /** A dataset version (`loans@3`), or a window of the predictions themselves. */
    reference: z
      .union([z.string().min(1), z.strictObject({ from: momentSchema, to: momentSchema })])
      .optional(),
    /** Columns that are watched; all of the reference but the target when left out. */
    features: z.array(z.string().min(1)).min(1).optional(),
    /** The column of the reference that holds what was to be predicted. */
    target: z.string().min(1).optional(),
  })
  .refine(({ task, classes }) => task === 'regression' || classes !== undefined, {
    path: ['classes'],
    message: 'a classifier needs its classes',
  });
export type MonitorDeclaration = z.infer<typeof monitorDeclarationSchema>;

const RATE = /^(\d+) per (\d+(?:\.\d+)?)(h|d|w)$/;
const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** How often a false alarm is put up with: `1 per 30d`. */
export const falseAlarmsSchema = z
  .string()
  .regex(RATE, 'write a rate such as "1 per 30d"')
  .refine(
    (text) => (everyMs(text) ?? 0) >= 86_400_000,
    'at most one a day: checks that alarm more often are no alarms',
  );

/** Milliseconds between false alarms, on average at least. @param rate as `falseAlarmsSchema` takes it */
export function everyMs(rate: string): number | undefined {
  const [, count, length, unit = ''] = RATE.exec(rate) ?? [];
  const ms = (Number(length) * (UNIT_MS[unit] ?? Number.NaN)) / Number(count);
  return Number.isFinite(ms) ? ms : undefined;
}
