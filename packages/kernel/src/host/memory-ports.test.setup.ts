import { type Journal, journalToken, type LogEvent, type NewEvent } from '../event/journal.ts';
import { type Leases, leasesToken } from '../job/job-store.ts';
import type { Logger } from '../operation/context.ts';
import { plugin, provide } from '../plugin/plugin.ts';

/** The kernel's ports in memory. Two hosts that share them are two processes on one store. */
export interface MemoryPorts {
  readonly events: LogEvent[];
  readonly journal: Journal;
  readonly leases: Leases;
  readonly plugin: ReturnType<typeof portsPlugin>;
  /** Appends an event of a test. */
  tell(type: string): Promise<LogEvent>;
}

export function memoryPorts(): MemoryPorts {
  const events: LogEvent[] = [];
  const cursors = new Map<string, number>();
  const listeners = new Set<() => void>();
  const held = new Map<string, { holder: string; until: number }>();
  const journal: Journal = {
    async append({ principal, operation, requestId }, event: NewEvent) {
      const seq = events.length + 1;
      const entry = {
        ...event,
        seq,
        id: `e-${seq}`,
        actor: principal.id,
        operation,
        requestId,
        time: '',
        hash: '',
      };
      events.push(entry);
      for (const listener of listeners) listener();
      return entry;
    },
    read: async ({ after = 0, limit = 100 }) => events.filter(({ seq }) => seq > after).slice(0, limit),
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    verify: async () => ({ ok: true, events: events.length, head: '' }),
    cursor: async (subscriber) => cursors.get(subscriber) ?? 0,
    setCursor: async (subscriber, seq) => void cursors.set(subscriber, seq),
  };
  const leases: Leases = {
    async acquire(name, holder, ttlMs) {
      const lease = held.get(name);
      if (lease && lease.holder !== holder && lease.until > Date.now()) return false;
      held.set(name, { holder, until: Date.now() + ttlMs });
      return true;
    },
    async release(name, holder) {
      if (held.get(name)?.holder === holder) held.delete(name);
    },
  };
  const actor = { principal: { id: 'test' }, operation: 'test', requestId: 'test' };
  return {
    events,
    journal,
    leases,
    plugin: portsPlugin(journal, leases),
    tell: (type) => journal.append(actor, { type, subject: 'test', payload: {} }),
  };
}

const portsPlugin = (journal: Journal, leases: Leases) =>
  plugin({
    name: 'ports',
    version: '1.0.0',
    services: [provide(journalToken, () => journal), provide(leasesToken, () => leases)],
  });

/** A logger that keeps what it is told. */
export function memoryLog(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (message: string, facts?: Readonly<Record<string, unknown>>): void => {
    lines.push(`${message} ${JSON.stringify(facts ?? {})}`);
  };
  return { lines, debug: keep, info: keep, warn: keep };
}
