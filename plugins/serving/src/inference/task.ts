import type { MessagePort } from 'node:worker_threads';
import type { ExecutorModule } from '@trestle/contracts';
import type { Asked, Refused, Reply } from '../exchange/asked.ts';
import type { Description } from '../exchange/description.ts';
import type { Measured } from '../executor/measure-executors.ts';
import type { Residence } from './open-models.ts';

/** What a worker is asked. The model is named by its digest, and read from a file that was checked against it. */
export interface Task {
  /** What the thread's models may take, in bytes. */
  readonly budgetBytes: number;
  readonly isPinned: boolean;
  /** Where its graph runs. */
  readonly executor: ExecutorModule;
  readonly digest: string;
  readonly path: string;
  /** Not 0 as soon as a thread has begun it: what was too late before says nothing of the model. */
  readonly began: SharedArrayBuffer;
  readonly ask:
    | { readonly kind: 'describe' }
    | { readonly kind: 'warm' }
    /** Lets go of the model. Each thread waits until so many are there, so that none of them does it twice. */
    | { readonly kind: 'forget'; readonly arrived: SharedArrayBuffer; readonly threads: number }
    | { readonly kind: 'measure'; readonly candidates: readonly ExecutorModule[] }
    | Requests
    | Writing;
}

/** Requests that go together. */
export interface Requests {
  readonly kind: 'answer';
  readonly requests: readonly Asked[];
  /** Rows of one request at most. */
  readonly maxRows: number;
  /** Rows that the model is given at once at most, but those of one request stay together. */
  readonly maxBatchRows: number;
}

/** Whether a model is ready for requests. */
export interface Warmth {
  readonly verified: boolean;
  readonly detail: string;
}

/** A request for a text that goes to its caller piece by piece. */
export interface Writing {
  readonly kind: 'write';
  readonly asked: Asked;
  /** Pieces go through it as they come. */
  readonly pieces: MessagePort;
  /** One int32: 1 where the caller has gone. */
  readonly stop: SharedArrayBuffer;
}

export type Answer = Answered & { readonly residence?: Residence | undefined };

type Answered =
  | { readonly kind: 'forgotten' }
  | { readonly kind: 'described'; readonly description: Description }
  | { readonly kind: 'measured'; readonly measured: readonly Measured[] }
  /** Whether the golden examples were answered as in training. */
  | ({ readonly kind: 'warmed' } & Warmth)
  /** One for each of the requests, in their order. */
  | { readonly kind: 'answered'; readonly replies: readonly Reply[]; readonly batches: readonly number[] }
  | Refused;
