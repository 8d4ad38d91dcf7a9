import type { View } from '@trestle/kernel';
import type { ShownJob } from './job-schema.ts';

const when = (time: string | undefined): string | null => (time ? time.slice(0, 19).replace('T', ' ') : null);

const progressText = ({ progress }: ShownJob): string | null => {
  if (!progress) return null;
  const percent = progress.fraction === undefined ? '' : ` ${Math.round(progress.fraction * 100)} %`;
  return `${progress.step}${percent}`;
};

/** One job, in full. */
export function jobViews(job: ShownJob): readonly View[] {
  return [
    {
      kind: 'facts',
      facts: [
        ['job', job.id],
        ['operation', job.operation],
        ['state', job.cancelRequested && job.state === 'running' ? 'running, to be cancelled' : job.state],
        ['progress', progressText(job)],
        ['attempts', job.attempts],
        ['for', job.principal],
        ['created', when(job.createdAt)],
        ['started', when(job.startedAt)],
        ['finished', when(job.finishedAt)],
        ['input', JSON.stringify(job.input) ?? null],
      ],
    },
    ...(job.error
      ? [
          {
            kind: 'note' as const,
            tone: 'bad' as const,
            text: `${job.error.code}: ${job.error.message} ${job.error.hint}`,
          },
        ]
      : []),
  ];
}

/** Many jobs, a line each. */
export function jobTable(jobs: readonly ShownJob[]): readonly View[] {
  return [
    {
      kind: 'table',
      columns: [
        { key: 'id', label: 'job' },
        { key: 'operation', label: 'operation' },
        { key: 'state', label: 'state' },
        { key: 'progress', label: 'progress' },
        { key: 'created', label: 'created (UTC)' },
        { key: 'finished', label: 'finished (UTC)' },
      ],
      rows: jobs.map((job) => ({
        id: job.id,
        operation: job.operation,
        state: job.unreadable === undefined ? job.state : 'unreadable',
        progress: progressText(job),
        created: when(job.createdAt),
        finished: when(job.finishedAt),
      })),
    },
  ];
}
