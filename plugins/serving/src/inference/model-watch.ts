import { isTrestleError } from '@trestle/kernel';
import type { Asked } from '../exchange/asked.ts';
import { servingError } from '../serving-error.ts';
import type { Residence } from './open-models.ts';

/** What one version of a deployment did in this process. */
export interface ModelFacts {
  readonly deployment: string;
  readonly version: number;
  readonly digest: string;
  readonly answered: number;
  /** By what the model or the protocol refused, by what was lost or too late, by what did not fit in a queue. */
  readonly refused: number;
  readonly failed: number;
  readonly overloaded: number;
  readonly rows: number;
  /** How often the model was asked for them, and the tasks in which requests went to a thread together. */
  readonly calls: number;
  readonly tasks: number;
  /** How long the first request of each task waited, and how long the tasks took, in milliseconds. */
  readonly waitedMs: number;
  readonly ranMs: number;
  readonly lastAt: number | undefined;
  /** Threads that have it open, and the memory that it takes in all of them. */
  readonly threads: number;
  readonly bytes: number;
  /** Until when nobody is let to it, in milliseconds since 1970. */
  readonly setAsideUntil: number | undefined;
}

type Counts = {
  -readonly [Field in Exclude<keyof ModelFacts, 'threads' | 'bytes' | 'setAsideUntil'>]: ModelFacts[Field];
};

interface Circuit {
  /** Tasks that were lost or too late, one after the other. */
  failures: number;
  until: number;
}

export interface SetAside {
  readonly after: number;
  readonly forMs: number;
}

/** More versions of deployments than this are counted under none: a process that serves so many has no use for them all at once. */
const MOST_COUNTED = 10_000;

/** Counts what models do, and sets aside those that hang or end their threads, so that the others have them. */
export function modelWatch({ after, forMs }: SetAside, now: () => number = Date.now) {
  const counted = new Map<string, Counts>();
  const circuits = new Map<string, Circuit>();
  const residences = new Map<number, Residence>();

  const countsOf = ({ deployment, model }: Asked, digest: string): Counts => {
    const key = `${deployment}@${model.version}`;
    const known = counted.get(key);
    if (known) return known;
    const fresh: Counts = {
      ...{ deployment, version: model.version, digest, lastAt: undefined },
      ...{
        answered: 0,
        refused: 0,
        failed: 0,
        overloaded: 0,
        rows: 0,
        calls: 0,
        tasks: 0,
        waitedMs: 0,
        ranMs: 0,
      },
    };
    const [oldest] = counted.keys();
    if (counted.size >= MOST_COUNTED && oldest !== undefined) counted.delete(oldest);
    counted.set(key, fresh);
    return fresh;
  };

  return {
    /** @throws TRS_SERVING_SET_ASIDE while a model is; one request is let through when its time is over, to find out */
    admit(digest: string): void {
      const circuit = circuits.get(digest);
      if (!circuit || circuit.failures < after) return;
      const time = now();
      if (time >= circuit.until) {
        circuit.until = time + forMs;
        return;
      }
      throw servingError('SET_ASIDE', {
        kind: 'unavailable',
        message: `The model was lost or too late ${circuit.failures} times in a row, and is set aside.`,
        hint: 'It is tried again by itself; roll the deployment back if it goes on (trestle deployment rollback).',
        retryAfterS: Math.max(1, Math.ceil((circuit.until - time) / 1_000)),
      });
    },
    /** A task of a model came back, or was lost or too late. */
    ended(digest: string, isSound: boolean): void {
      if (isSound) {
        circuits.delete(digest);
        return;
      }
      const circuit = circuits.get(digest) ?? { failures: 0, until: 0 };
      circuit.failures += 1;
      circuit.until = now() + forMs;
      circuits.set(digest, circuit);
    },
    answered(asked: Asked, digest: string, rows: number): void {
      const counts = countsOf(asked, digest);
      counts.answered += 1;
      counts.rows += rows;
      counts.lastAt = now();
    },
    failed(asked: Asked, digest: string, thrown: unknown): void {
      const counts = countsOf(asked, digest);
      const kind = isTrestleError(thrown) ? thrown.kind : 'failed';
      if (kind === 'overloaded') counts.overloaded += 1;
      else if (kind === 'unavailable' || kind === 'failed') counts.failed += 1;
      else counts.refused += 1;
    },
    /** A task that requests went in together. */
    ran(requests: readonly Asked[], digest: string, calls: number, waitedMs: number, ranMs: number): void {
      const [first] = requests;
      if (!first) return;
      const counts = countsOf(first, digest);
      counts.calls += calls;
      counts.tasks += 1;
      counts.waitedMs += waitedMs;
      counts.ranMs += ranMs;
    },
    resides(residence: Residence): void {
      residences.set(residence.thread, residence);
    },
    /** What threads that ended had open is not open any more. */
    threads(alive: ReadonlySet<number>): void {
      for (const thread of residences.keys()) if (!alive.has(thread)) residences.delete(thread);
    },
    evicted: (): number => [...residences.values()].reduce((sum, { evicted }) => sum + evicted, 0),
    digests: (): ReadonlySet<string> =>
      new Set([...residences.values()].flatMap(({ models }) => Object.keys(models))),
    facts: (): readonly ModelFacts[] =>
      [...counted.values()].map((counts) => {
        const here = [...residences.values()].flatMap(({ models }) => models[counts.digest] ?? []);
        const circuit = circuits.get(counts.digest);
        return {
          ...counts,
          threads: here.length,
          bytes: here.reduce((sum, bytes) => sum + bytes, 0),
          setAsideUntil: circuit && circuit.failures >= after ? circuit.until : undefined,
        };
      }),
  };
}

export type ModelWatch = ReturnType<typeof modelWatch>;
