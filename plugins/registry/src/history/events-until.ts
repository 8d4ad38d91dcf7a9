import { type EventKind, type EventOf, journalToken, type LogEvent, type Scope } from '@trestle/kernel';

const PAGE = 5_000;

/** Entries of some kinds, the oldest first, up to a time; those of another form are told by their place. */
export async function* eventsUntil<Kind extends EventKind>(
  scope: Scope,
  kinds: readonly Kind[],
  time: string,
): AsyncGenerator<EventOf<Kind> | { readonly unreadable: number }> {
  const journal = await scope.service(journalToken);
  const byType = new Map<string, Kind>(kinds.map((kind) => [kind.type, kind]));
  const types = [...byType.keys()];
  for (let after = 0; ; ) {
    const page: readonly LogEvent[] = await journal.read({ after, limit: PAGE, types });
    for (const event of page) {
      // The log is in the order of its clock.
      if (event.time > time) return;
      const payload = byType.get(event.type)?.payload.safeParse(event.payload);
      if (event.unreadable !== undefined || !payload?.success) yield { unreadable: event.seq };
      // The schema of this very kind read it.
      else yield { ...event, payload: payload.data } as unknown as EventOf<Kind>;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.seq;
  }
}
