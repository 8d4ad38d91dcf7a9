import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { defineEvent, type EventOf, newEvent } from '../event/event-kind.ts';
import type { LogEvent } from '../event/journal.ts';
import type { Context } from '../operation/context.ts';
import { subscribe } from './subscribe.ts';

const promoted = defineEvent('model.promoted', z.object({ name: z.string(), version: z.number() }));
const added = defineEvent('dataset.added', z.object({ rows: z.number() }));
const logged = (event: ReturnType<typeof newEvent>): LogEvent => ({
  ...event,
  seq: 7,
  id: 'e',
  actor: 'test',
  operation: 'test',
  requestId: 'r',
  time: '',
  hash: '',
});

describe('a subscriber to kinds of events', () => {
  const got: EventOf<typeof promoted | typeof added>[] = [];
  const subscriber = subscribe({
    name: 'on',
    to: [promoted, added],
    load: async () => async (_ctx, event) => {
      if (event.type === 'model.promoted') expectTypeOf(event.payload.name).toBeString();
      else expectTypeOf(event.payload).toEqualTypeOf<{ rows: number }>();
      got.push(event);
    },
  });
  // None of these handlers asks for anything.
  const ctx = {} as Context;

  it('asks for their types', () => {
    expect(subscriber.types).toEqual(['model.promoted', 'dataset.added']);
  });

  it('gets what their schemas make of the log', async () => {
    const handle = await subscriber.load();
    await handle(ctx, logged(newEvent(promoted, 'model:a@1', { name: 'a', version: 1 })));
    expect(got).toMatchObject([{ seq: 7, subject: 'model:a@1', payload: { name: 'a', version: 1 } }]);
  });

  it('refuses by name what another version recorded otherwise', async () => {
    const handle = await subscriber.load();
    const event = logged({ type: 'model.promoted', subject: 'model:a@1', payload: { name: 'a' } });
    expect(() => handle(ctx, event)).toThrow(
      expect.objectContaining({
        code: 'TRS_PLUGIN_EVENT_UNREADABLE',
        message: expect.stringContaining('Event 7 is no "model.promoted" as it is known here: "version"'),
      }),
    );
  });

  it('takes no payload that its kind does not have', () => {
    // @ts-expect-error: the version is missing
    newEvent(promoted, 'model:a@1', { name: 'a' });
    // @ts-expect-error: it has no such field
    newEvent(added, 'dataset:a@1', { rows: 1, columns: 2 });
  });
});
