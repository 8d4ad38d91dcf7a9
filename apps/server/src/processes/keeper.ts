import cluster from 'node:cluster';
import process from 'node:process';
import { invariant, toTrestleError } from '@trestle/kernel';
import { type FromProcess, type Measured, type ToProcess, toProcess } from './messages.ts';

/** The process that keeps this one and others on the same port, as this one sees it. */
export interface Keeper {
  /** Tells that requests are taken here. */
  ready(address: Pick<FromProcess & { kind: 'ready' }, 'url' | 'grpc' | 'drainTimeoutMs'>): void;
  /** Tells why this process cannot begin. */
  failed(thrown: unknown): void;
  /** Is told when this process is the one that runs what only one of them runs. */
  onLead(begin: () => void): void;
  /** What this process answers whenever it is asked what it has counted. */
  onMeasure(measure: () => Promise<Measured>): void;
  /** What all of them have counted, this one first, and those that are gone. */
  collect(own: Measured): Promise<readonly Measured[]>;
  /** Settles when this process is to drain. */
  readonly stopped: Promise<void>;
  /** Hands over what was counted here, while that can still be asked for. */
  handOver(): Promise<void>;
  /** Lets go: nothing is asked of this process any more. */
  leave(): void;
}

/** The keeper of this process; undefined where it is a server by itself. */
export function joinKeeper(): Keeper | undefined {
  if (!cluster.isWorker) return undefined;
  const self = invariant(cluster.worker, 'a process that was started for a server');
  const waiting = new Map<number, (others: readonly Measured[]) => void>();
  let questions = 0;
  let isLeading = false;
  let lead: (() => void) | undefined;
  let measure: () => Promise<Measured> = async () => [];

  const stopped = new Promise<void>((resolve) => {
    process.on('SIGTERM', () => resolve());
  });
  // Ctrl-C on a terminal reaches all: the keeper drains, and says so.
  process.on('SIGINT', () => {});

  const tell = (message: FromProcess): Promise<void> =>
    new Promise((resolve) => {
      // Without anybody to tell, this process is about to end.
      if (!process.connected || !process.send) resolve();
      else process.send(message, () => resolve());
    });

  const told = (message: ToProcess): void => {
    switch (message.kind) {
      case 'lead':
        isLeading = true;
        lead?.();
        return;
      case 'measure':
        void measure().then((measured) => tell({ kind: 'measured', asked: message.asked, measured }));
        return;
      case 'collected':
        waiting.get(message.asked)?.(message.others);
        waiting.delete(message.asked);
    }
  };
  process.on('message', (message) => told(toProcess.parse(message)));

  return {
    stopped,
    ready: (address) => void tell({ kind: 'ready', ...address }),
    failed(thrown) {
      const { code, kind, message, hint } = toTrestleError(thrown);
      void tell({ kind: 'failed', code, errorKind: kind, message, hint });
    },
    onLead(begin) {
      lead = begin;
      if (isLeading) begin();
    },
    onMeasure(answer) {
      measure = answer;
    },
    collect: (own) =>
      new Promise((resolve) => {
        const asked = questions++;
        waiting.set(asked, (others) => resolve([own, ...others]));
        void tell({ kind: 'collect', asked, measured: own });
      }),
    async handOver() {
      await tell({ kind: 'measured', measured: await measure() });
    },
    leave() {
      self.disconnect();
    },
  };
}
