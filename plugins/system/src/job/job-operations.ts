import { resource } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { jobSchema, jobStateSchema } from './job-schema.ts';
import { jobTable, jobViews } from './job-views.ts';

const jobInput = z.object({ job: z.string().min(1).max(200).describe('the id of a job, j-…') });

export const jobList = operation({
  id: 'job.list',
  summary: 'List durable jobs, newest first.',
  kind: 'query',
  access: 'job:read',
  input: z.object({
    state: jobStateSchema.optional().describe('only jobs in this state'),
    limit: z.number().int().min(1).max(1_000).default(50).describe('how many'),
  }),
  output: z.object({ jobs: z.array(jobSchema) }),
  load: () => import('./read-jobs.ts').then((module) => module.listJobs),
  present: ({ jobs }) => jobTable(jobs),
});

export const jobShow = operation({
  id: 'job.show',
  summary: 'Show one job: state, progress, result or error.',
  kind: 'query',
  access: 'job:read',
  resource: ({ job }) => resource('job', job),
  input: jobInput,
  positionals: ['job'],
  output: jobSchema,
  load: () => import('./read-jobs.ts').then((module) => module.readJob),
  present: jobViews,
});

export const jobCancel = operation({
  id: 'job.cancel',
  summary: 'Cancel a job: at once when it waits, at its next pause when it runs.',
  kind: 'command',
  access: 'job:cancel',
  resource: ({ job }) => resource('job', job),
  input: jobInput,
  positionals: ['job'],
  output: jobSchema,
  load: () => import('./read-jobs.ts').then((module) => module.cancelJob),
  present: jobViews,
});
