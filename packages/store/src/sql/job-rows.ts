import {
  type ErrorDocument,
  type ErrorKind,
  isErrorKind,
  type Job,
  type JobState,
  type Principal,
} from '@trestle/kernel';
import type { Selectable, UpdateObject } from 'kysely';
import { z } from 'zod';
import type { StoreClock } from '../interface/metadata.ts';
import { readStored, type Stored } from '../read-stored.ts';
import type { StoreTables } from './tables.ts';

export type JobRow = Selectable<StoreTables['jobs']>;

const principalSchema = z.object({ id: z.string(), scopes: z.array(z.string()) });
const progressSchema = z.object({
  step: z.string(),
  fraction: z.number().exactOptional(),
  values: z.record(z.string(), z.number()).exactOptional(),
});
const errorSchema = z.object({
  code: z.string(),
  kind: z.custom<ErrorKind>(isErrorKind).optional(),
  message: z.string(),
  hint: z.string(),
  details: z.record(z.string(), z.unknown()),
});
/** For a job whose principal cannot be read: it may do nothing. */
const NOBODY: Principal = { id: 'unknown', scopes: [] };

const readOr = <S extends z.ZodType>(schema: S, text: string | null): Stored<z.output<S> | undefined> =>
  text === null ? { value: undefined } : readStored(schema, text);

/** A job as its row tells of it; what cannot be read of it is said. */
export function toJob(row: JobRow): Job {
  const input = readOr(z.unknown(), row.input);
  const principal = readOr(principalSchema, row.principal);
  const progress = readOr(progressSchema, row.progress);
  const output = readOr(z.unknown(), row.output);
  const error = readOr(errorSchema, row.error);
  const unreadable = Object.entries({ input, principal, progress, output, error }).flatMap(([name, read]) =>
    read.unreadable === undefined ? [] : [`its ${name}: ${read.unreadable}`],
  );
  return {
    id: row.id,
    operation: row.operation,
    input: input.value,
    principal: principal.value ?? NOBODY,
    ...(row.trace === null ? {} : { trace: row.trace }),
    // Only this folder writes the column.
    state: row.state as JobState,
    attempts: row.attempts,
    generation: row.generation,
    progress: progress.value,
    output: output.value,
    error: error.value,
    cancelRequested: row.cancel_requested === 1,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    ...(unreadable.length === 0 ? {} : { unreadable: unreadable.join('; ') }),
  };
}

/** How a job ends that nobody may take over; undefined when it may be run (again). */
export function endOfAbandoned(
  clock: StoreClock,
  row: JobRow,
  maxAttempts: number,
): UpdateObject<StoreTables, 'jobs'> | undefined {
  const ended = { finished_at: clock.iso, holder: null, lease_until_ms: null };
  if (row.cancel_requested === 1) return { ...ended, state: 'cancelled' };
  const { unreadable } = toJob(row);
  if (unreadable !== undefined) {
    const error: ErrorDocument = {
      code: 'TRS_STORE_JOB_UNREADABLE',
      message: `The record of this job cannot be read: ${unreadable}.`,
      hint: 'Run the command again; nothing of it was begun.',
      details: { job: row.id },
    };
    return { ...ended, state: 'failed', error: JSON.stringify(error) };
  }
  if (row.state === 'queued' || (row.mode === 'queued' && row.attempts < maxAttempts)) return undefined;
  const error: ErrorDocument = {
    code: 'TRS_STORE_JOB_ABANDONED',
    message: `The process that ran this job ended before the job did${row.mode === 'queued' ? `, ${row.attempts} times` : ''}.`,
    hint: 'Run the command again; nothing was half-written.',
    details: { attempts: row.attempts },
  };
  return { ...ended, state: 'interrupted', error: JSON.stringify(error) };
}
