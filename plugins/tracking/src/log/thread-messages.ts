import type { ErrorDocument } from '@trestle/kernel';
import type { Message } from '../live/message.ts';
import type { TargetName } from '../outbox/outbox.ts';
import type { Chunk } from './points-buffer.ts';

/** What the thread that keeps and sends is started with. */
export interface ThreadData {
  readonly root: string;
  readonly run: string;
  readonly target: TargetName;
  readonly token: string | undefined;
  /** Whether the run was begun by another process, and what that left is sent first. */
  readonly isResumed: boolean;
  readonly first: readonly Message[];
  /** What differs from the commit, kept as the artifact `code.diff`. */
  readonly diff: string | undefined;
  readonly chunk: Chunk;
  /** At 0: 1 when the process ends; at 1: what was done of all that was told by then, `KEPT` or `ARRIVED`. */
  readonly exit: Int32Array<SharedArrayBuffer>;
  /** How often cpu and memory are measured; 0 for never. */
  readonly systemMs: number;
}

export const KEPT = 1;
export const ARRIVED = 2;

/** What the script's thread tells that one. */
export type Told =
  | { readonly kind: 'chunk'; readonly chunk: Chunk }
  | { readonly kind: 'series'; readonly name: string }
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'artifact'; readonly id: number; readonly path: string; readonly name: string }
  /** Asks to hear when all that was told so far has arrived, or that it has not within so long. */
  | { readonly kind: 'settle'; readonly id: number; readonly waitMs: number; readonly isLast: boolean };

/** What it hears back. */
export type Heard =
  | { readonly kind: 'ready' }
  /** What could not be done; without an id it is said and tried again. */
  | { readonly kind: 'failed'; readonly id?: number; readonly error: ErrorDocument }
  | { readonly kind: 'kept'; readonly id: number; readonly digest: string; readonly bytes: number }
  | { readonly kind: 'settled'; readonly id: number; readonly hasArrived: boolean };
