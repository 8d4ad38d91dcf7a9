import { ago, duration, percent } from '../../format.ts';
import { type Output, server } from '../../frame/server.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer, Empty } from '../../ui/answer.tsx';
import { Badge, Time } from '../../ui/badge.tsx';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { Table } from '../../ui/table.tsx';

const POLL_MS = 2_000;
type Job = Output<'job.list'>['jobs'][number];
const isUnderWay = (job: Job): boolean => job.state === 'queued' || job.state === 'running';

/** Long work: how far it is, and how it ended. */
export function JobsPage() {
  const list = useQuery('job.list', { limit: 100 }, { pollMs: POLL_MS });
  return (
    <>
      <h1>Jobs</h1>
      <Answer of={list}>
        {({ jobs }) =>
          jobs.length === 0 ? (
            <Empty command="trestle train --data NAME --target COLUMN">No long work has been done yet.</Empty>
          ) : (
            <Table
              caption="Jobs, newest first"
              rows={jobs}
              columns={[
                { label: 'Job', cell: (job) => job.id },
                { label: 'Operation', cell: (job) => job.operation },
                { label: 'State', cell: (job) => <Badge>{job.state}</Badge> },
                { label: 'Progress', isText: true, cell: (job) => <Progress of={job} /> },
                { label: 'By', cell: (job) => job.principal },
                { label: 'Started', cell: (job) => <Time at={job.createdAt} text={ago(job.createdAt)} /> },
                {
                  label: 'Took',
                  isNumber: true,
                  cell: (job) => (job.finishedAt ? duration(job.createdAt, job.finishedAt) : '–'),
                },
                {
                  label: 'Action',
                  cell: (job) =>
                    isUnderWay(job) ? (
                      <ConfirmButton
                        label="Cancel"
                        title={`Cancel ${job.id}?`}
                        act={() => server.job.cancel({ job: job.id })}
                        done={list.reload}
                        says={`${job.id} is being cancelled.`}
                      >
                        <p>It ends at its next pause and leaves nothing half-written.</p>
                      </ConfirmButton>
                    ) : null,
                },
              ]}
            />
          )
        }
      </Answer>
    </>
  );
}

function Progress({ of: job }: { of: Job }) {
  if (job.error) return <>{job.error.message}</>;
  if (!isUnderWay(job)) return <span class="quiet">–</span>;
  const { step = 'waiting', fraction } = job.progress ?? {};
  return (
    <>
      {fraction === undefined ? null : (
        <progress value={fraction} aria-label={`Progress of ${job.id}`}>
          {percent(fraction)}
        </progress>
      )}{' '}
      {step}
    </>
  );
}
