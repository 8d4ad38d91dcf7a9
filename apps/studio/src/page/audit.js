import { useState } from 'preact/hooks';
import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { count } from '../format.ts';
import { Answer, Empty } from '../ui/answer.tsx';
import { EventTable } from '../ui/event-table.tsx';
import { useQuery } from '../use-query.ts';

const STEP = 100;
const MOST = 10_000;
const POLL_MS = 10_000;
/** Who did what, and the proof that the log is whole. */
export function AuditPage() {
  const [isVerifying, setIsVerifying] = useState(false);
  const [limit, setLimit] = useState(STEP);
  const log = useQuery('audit.log', { limit }, POLL_MS);
  return _jsxs(_Fragment, {
    children: [
      _jsx('h1', { children: 'Audit' }),
      isVerifying
        ? _jsx(Verification, {})
        : _jsx('p', {
            children: _jsx('button', {
              type: 'button',
              onClick: () => setIsVerifying(true),
              children: 'Verify the log',
            }),
          }),
      _jsx(Answer, {
        of: log,
        children: ({ events }) =>
          events.length === 0
            ? _jsx(Empty, { children: 'Nothing has happened yet.' })
            : _jsxs(_Fragment, {
                children: [
                  _jsx(EventTable, { events: events }),
                  events.length === limit && limit < MOST
                    ? _jsx('p', {
                        children: _jsx('button', {
                          type: 'button',
                          onClick: () => setLimit(Math.min(MOST, limit * 4)),
                          children: 'Show more',
                        }),
                      })
                    : null,
                ],
              }),
      }),
    ],
  });
}
function Verification() {
  const verdict = useQuery('audit.verify');
  return _jsx(Answer, {
    of: verdict,
    children: ({ ok, events, head, firstBad }) =>
      _jsx('p', {
        class: `note ${ok ? 'good' : 'bad'}`,
        role: 'status',
        children: ok
          ? `The log is whole: ${count(events)} events, each bound to the one before it. Head: ${head.slice(0, 16)}…`
          : `The log is broken at event ${firstBad}: it was changed, removed or moved.`,
      }),
  });
}
