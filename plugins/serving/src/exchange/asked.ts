import type { ErrorKind } from '@trestle/kernel';

/** A request as it came: whoever accepts it does not look inside. */
export interface Asked {
  /** Rows of features (`/v1/predict`), or tensors (the Open Inference Protocol). */
  readonly form: 'rows' | 'tensors';
  /** UTF-8. A short one crosses as text, which is quicker; bytes are handed over, and not looked at again. */
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** So many bytes of the body are JSON; behind them tensors lie as they do in memory. All of it, where left out. */
  readonly headerBytes?: number;
  /** How long the caller waits, in milliseconds, where it says so. */
  readonly timeoutMs?: number;
  /** The id that labels and traces will name. */
  readonly id: string;
  readonly deployment: string;
  readonly model: { readonly name: string; readonly version: number };
}

/** The answer as it is sent. */
export interface Replied {
  readonly kind: 'replied';
  /** Rows that were answered; 1 where a model has none. */
  readonly rows: number;
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** So many bytes of the body are JSON; all of it, where left out. */
  readonly headerBytes?: number;
  /** What the prediction log keeps; undefined where a model has no rows, or none was asked. */
  readonly logged?: LoggedRows | undefined;
}

/** Rows and what was said of them, as JSON. */
export interface LoggedRows {
  readonly count: number;
  readonly inputs: string;
  readonly outputs: string;
  /** Rows of which a feature was missing that never was in training. */
  readonly imputed: number;
}

/** Errors cross as data: an Error loses its code on the way between threads. */
export interface Refused {
  readonly kind: 'refused';
  readonly error: {
    readonly code: string;
    readonly kind: ErrorKind;
    readonly message: string;
    readonly hint: string | undefined;
    readonly details: Readonly<Record<string, unknown>>;
  };
}

export type Reply = Replied | Refused;
