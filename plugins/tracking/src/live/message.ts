import { runStatusSchema, specialNumberSchema } from '@trestle/contracts';
import { z } from 'zod';
import { LIMITS } from '../limits.ts';

const step = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Measurements by columns: each has the place of its name, a step (null: the next of its series), a value, and when it was taken. */
export const pointsSchema = z
  .object({
    names: z.array(z.string()).min(1),
    series: z.array(z.number().int().min(0)).min(1).max(LIMITS.pointsAtOnce),
    steps: z.array(step.nullable()),
    values: z.array(z.union([z.number(), specialNumberSchema])),
    /** Milliseconds since 1970. */
    times: z.array(z.number().int()),
  })
  .refine(
    ({ names, series, steps, values, times }) =>
      [steps, values, times].every(({ length }) => length === series.length) &&
      series.every((place) => place < names.length),
    'its columns must be of one length, and each series have a name',
  );
export type Points = z.infer<typeof pointsSchema>;

const time = z.iso.datetime();

/** What the process of a run tells, each with its place in what that process tells of the run. */
export const messageSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('start'),
    experiment: z.string(),
    params: z.record(z.string(), z.unknown()).default({}),
    parent: z.string().optional(),
    facts: z.record(z.string(), z.unknown()).default({}),
    time,
  }),
  /** The run is taken up again by a process that has not begun it. */
  z.object({ kind: z.literal('resume'), time }),
  z.object({ kind: z.literal('points'), points: pointsSchema }),
  z.object({ kind: z.literal('params'), params: z.record(z.string(), z.unknown()) }),
  z.object({ kind: z.literal('tag'), name: z.string(), value: z.string().max(LIMITS.tagCharacters) }),
  z.object({ kind: z.literal('note'), text: z.string().min(1).max(LIMITS.noteCharacters) }),
  z.object({
    kind: z.literal('artifact'),
    name: z.string(),
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    bytes: z.number().int().min(0),
  }),
  z.object({
    kind: z.literal('finish'),
    status: runStatusSchema.exclude(['running']),
    error: z.string().max(4_000).optional(),
    time,
  }),
]);
export type Message = z.infer<typeof messageSchema>;

export const RUN_ID = /^r-[\w-]{1,64}$/;

/** Several messages of one process, in order and without holes. */
export const envelopeSchema = z.object({
  run: z.string().regex(RUN_ID, 'it must look like r-…'),
  /** Names the process: what it tells is counted, so that nothing is kept twice. */
  writer: z.string().regex(/^[\w-]{1,64}$/),
  /** Whether that process is there now, and not what it left. */
  isAlive: z.boolean(),
  messages: z.array(z.object({ sequence: z.number().int().min(1), message: messageSchema })).max(1_000),
});
export type Envelope = z.infer<typeof envelopeSchema>;

/** What was kept, up to which place, and what could not be. */
export interface Receipt {
  readonly received: number;
  readonly refused: readonly { readonly sequence: number; readonly code: string; readonly message: string }[];
}
