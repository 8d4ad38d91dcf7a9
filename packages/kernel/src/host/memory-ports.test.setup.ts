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
  const held = new Map<string, { holder: string; generation: number; until: number }>();
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
    async setCursor(subscriber, seq, hold) {
      if (hold && held.get(hold.lease)?.generation !== hold.generation) return false;
      cursors.set(subscriber, seq);
      return true;
    },
  };
  const leases: Leases = {
    async acquire(name, holder, ttlMs) {
      const lease = held.get(name);
      const isMine = lease?.holder === holder;
      if (lease && !isMine && lease.until > Date.now()) return undefined;
      const generation = (lease?.generation ?? 0) + (isMine ? 0 : 1);
      held.set(name, { holder, generation, until: Date.now() + ttlMs });
      return { lease: name, generation };
    },
    async release({ lease, generation }) {
      const now = held.get(lease);
      if (now?.generation === generation) held.set(lease, { holder: '', generation, until: 0 });
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
