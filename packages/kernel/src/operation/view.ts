/** A neutral picture of a result: the command line draws it as text, the Studio as HTML. */
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
