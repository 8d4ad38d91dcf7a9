import { kernelError } from './kernel-error.ts';

const MESSAGES = {
  cancel: (job: string) => `The job "${job}" was cancelled.`,
  lost: (job: string) =>
    `The job "${job}" was taken from this worker, which did not renew its lease; nothing that it did since is kept.`,
  'unknown-operation': (operation: string) => `No plugin here has the operation "${operation}".`,
} as const;

/** Why a job ends that did not come to its end. */
export const jobError = (reason: keyof typeof MESSAGES, what: string) =>
  kernelError(`JOB_${reason.toUpperCase().replace('-', '_')}`, {
    kind: reason === 'unknown-operation' ? 'unavailable' : 'interrupted',
    message: MESSAGES[reason](what),
    hint: 'See "trestle job list".',
  });
