import { useState } from 'preact/hooks';
import { count } from '../../format.ts';
import { useParameter } from '../../frame/route.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer, Empty } from '../../ui/answer.tsx';
import { EventTable } from '../../ui/event-table.tsx';

const STEP = 100;
const MOST = 10_000;

/** Who did what, and the proof that the log is whole. */
export function AuditPage() {
  const [isVerifying, setIsVerifying] = useState(false);
  const [shown, setShown] = useParameter('show');
  const limit = Math.min(MOST, Math.max(STEP, Math.trunc(Number(shown)) || 0));
  const log = useQuery('audit.log', { limit });
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
                  <button type="button" onClick={() => setShown(String(Math.min(MOST, limit * 4)))}>
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
  const verdict = useQuery('audit.verify', {}, { isFixed: true });
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
