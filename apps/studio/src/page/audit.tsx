import { useState } from 'preact/hooks';
import type { LogEvent } from '../answers.ts';
import { count } from '../format.ts';
import { Answer, Empty } from '../ui/answer.tsx';
import { EventTable } from '../ui/event-table.tsx';
import { useQuery } from '../use-query.ts';

interface Verdict {
  readonly ok: boolean;
  readonly events: number;
  readonly head: string;
  readonly firstBad?: number;
}

const STEP = 100;
const MOST = 10_000;
const POLL_MS = 10_000;

/** Who did what, and the proof that the log is whole. */
export function AuditPage() {
  const [isVerifying, setIsVerifying] = useState(false);
  const [limit, setLimit] = useState(STEP);
  const log = useQuery<{ events: LogEvent[] }>('audit.log', { limit }, POLL_MS);
  return (
    <>
      <h1>Audit</h1>
      {isVerifying ? (
        <Verification />
      ) : (
        <p>
          <button type="button" onClick={() => setIsVerifying(true)}>
            Verify the log
          </button>
        </p>
      )}
      <Answer of={log}>
        {({ events }) =>
          events.length === 0 ? (
            <Empty>Nothing has happened yet.</Empty>
          ) : (
            <>
              <EventTable events={events} />
              {events.length === limit && limit < MOST ? (
                <p>
                  <button type="button" onClick={() => setLimit(Math.min(MOST, limit * 4))}>
                    Show more
                  </button>
                </p>
              ) : null}
            </>
          )
        }
      </Answer>
    </>
  );
}

function Verification() {
  const verdict = useQuery<Verdict>('audit.verify');
  return (
    <Answer of={verdict}>
      {({ ok, events, head, firstBad }) => (
        <p class={`note ${ok ? 'good' : 'bad'}`} role="status">
          {ok
            ? `The log is whole: ${count(events)} events, each bound to the one before it. Head: ${head.slice(0, 16)}…`
            : `The log is broken at event ${firstBad}: it was changed, removed or moved.`}
        </p>
      )}
    </Answer>
  );
}
