import type { EventKind, EventOf } from '../event/event-kind.ts';
import type { LogEvent } from '../event/journal.ts';
import type { Context } from '../operation/context.ts';
import type { Subscriber } from './plugin.ts';
import { pluginError } from './plugin-error.ts';

/**
 * A subscriber to kinds of events; its handler gets them with their types, checked against their schemas.
 *
 * @example
 * subscribe({ name: 'mirror', to: [modelPromoted], load: async () => async (ctx, event) => copy(event.payload.version) });
 */
export function subscribe<const Kind extends EventKind>(parts: {
  readonly name: string;
  readonly to: readonly Kind[];
  readonly load: () => Promise<(ctx: Context, event: EventOf<Kind>) => Promise<void>>;
}): Subscriber {
  const kinds = new Map(parts.to.map((kind) => [kind.type, kind]));
  return {
    name: parts.name,
    types: [...kinds.keys()],
    async load() {
      const handle = await parts.load();
      return (ctx, event) => handle(ctx, typed(kinds, event));
    },
  };
}

/** @throws TRS_PLUGIN_EVENT_UNREADABLE for an event that another version recorded otherwise */
function typed<Kind extends EventKind>(kinds: ReadonlyMap<string, Kind>, event: LogEvent): EventOf<Kind> {
  const result = kinds.get(event.type)?.payload.safeParse(event.payload);
  if (!result?.success) {
    const issue = result?.error.issues[0];
    throw pluginError('EVENT_UNREADABLE', {
      kind: 'failed',
      message: `Event ${event.seq} is no "${event.type}" as it is known here: "${issue?.path.join('.')}": ${issue?.message}.`,
      hint: 'Another version of the plugin recorded it. Use the version that did.',
      details: { event: event.seq, type: event.type },
    });
  }
  // The kind was found by the type, and its schema made the payload.
  return { ...event, payload: result.data } as EventOf<Kind>;
}
