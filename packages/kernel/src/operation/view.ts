import type { AnyOperation } from './operation.ts';

/**
 * A neutral picture of a result: the command line draws it as text, the Studio as elements of its page. Plain data, so it goes
 * over the wire (`Presented`) and brings no markup with it.
 */
export type View =
  | { readonly kind: 'heading'; readonly text: string }
  | {
      readonly kind: 'table';
      readonly title?: string;
      readonly columns: readonly {
        readonly key: string;
        readonly label: string;
        readonly align?: 'left' | 'right';
      }[];
      readonly rows: readonly Readonly<Record<string, string | number | boolean | null | undefined>>[];
    }
  | {
      readonly kind: 'facts';
      readonly title?: string;
      readonly facts: readonly (readonly [label: string, value: string | number | boolean | null])[];
    }
  | {
      readonly kind: 'bars';
      readonly title?: string;
      readonly bars: readonly { readonly label: string; readonly value: number; readonly note?: string }[];
    }
  | {
      readonly kind: 'lines';
      readonly title?: string;
      readonly series: readonly { readonly name: string; readonly points: readonly number[] }[];
    }
  /** Lines as they stand: a document, a command to copy. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'note'; readonly tone: 'info' | 'good' | 'warn' | 'bad'; readonly text: string };

/** An output with its picture, as a server gives it to a page that asks for `PRESENTED_TYPE`. */
export interface Presented<Output = unknown> {
  readonly output: Output;
  /** Missing where the operation presents nothing: then its output is shown as it is. */
  readonly views?: readonly View[];
  /** `false` when the result is a check that said no. */
  readonly passed?: boolean;
}

/** The content type under which a page asks for an output with its picture. */
export const PRESENTED_TYPE = 'application/vnd.trestle.presented+json';

/** An output of an operation, which its own schema has checked, with its picture. */
export function present(operation: Pick<AnyOperation, 'present' | 'verdict'>, output: unknown): Presented {
  // What the operation's own schema let through is what its functions take.
  const views = operation.present?.(output as never);
  const passed = operation.verdict?.(output as never);
  return { output, ...(views ? { views } : {}), ...(passed === undefined ? {} : { passed }) };
}
