import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { call } from '../api.ts';
import { ago, duration, percent } from '../format.ts';
import { Answer, Empty } from '../ui/answer.tsx';
import { Badge, Time } from '../ui/badge.tsx';
import { ConfirmButton } from '../ui/confirm-button.tsx';
import { Table } from '../ui/table.tsx';
import { useQuery } from '../use-query.ts';

const POLL_MS = 2_000;
const isUnderWay = (job) => job.state === 'queued' || job.state === 'running';
/** Long work: how far it is, and how it ended. */
export function JobsPage() {
  const list = useQuery('job.list', { limit: 100 }, POLL_MS);
  return _jsxs(_Fragment, {
    children: [
      _jsx('h1', { children: 'Jobs' }),
      _jsx(Answer, {
        of: list,
        children: ({ jobs }) =>
          jobs.length === 0
            ? _jsx(Empty, {
                command: 'trestle train --data NAME --target COLUMN',
                children: 'No long work has been done yet.',
              })
            : _jsx(Table, {
                caption: 'Jobs, newest first',
                rows: jobs,
                columns: [
                  { label: 'Job', cell: (job) => job.id },
                  { label: 'Operation', cell: (job) => job.operation },
                  { label: 'State', cell: (job) => _jsx(Badge, { children: job.state }) },
                  { label: 'Progress', isText: true, cell: (job) => _jsx(Progress, { of: job }) },
                  { label: 'By', cell: (job) => job.principal },
                  {
                    label: 'Started',
                    cell: (job) => _jsx(Time, { at: job.createdAt, text: ago(job.createdAt) }),
                  },
                  {
                    label: 'Took',
                    isNumber: true,
                    cell: (job) => (job.finishedAt ? duration(job.createdAt, job.finishedAt) : '–'),
                  },
                  {
                    label: 'Action',
                    cell: (job) =>
                      isUnderWay(job)
                        ? _jsx(ConfirmButton, {
                            label: 'Cancel',
                            title: `Cancel ${job.id}?`,
                            act: () => call('job.cancel', { job: job.id }),
                            done: list.reload,
                            says: `${job.id} is being cancelled.`,
                            children: _jsx('p', {
                              children: 'It ends at its next pause and leaves nothing half-written.',
                            }),
                          })
                        : null,
                  },
                ],
              }),
      }),
    ],
  });
}
function Progress({ of: job }) {
  if (job.error) return _jsx(_Fragment, { children: job.error.message });
  if (!isUnderWay(job)) return _jsx('span', { class: 'quiet', children: '\u2013' });
  const { step = 'waiting', fraction } = job.progress ?? {};
  return _jsxs(_Fragment, {
    children: [
      fraction === undefined
        ? null
        : _jsx('progress', {
            value: fraction,
            'aria-label': `Progress of ${job.id}`,
            children: percent(fraction),
          }),
      ' ',
      step,
    ],
  });
}
