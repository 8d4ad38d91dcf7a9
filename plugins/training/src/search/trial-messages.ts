import type { SearchParams } from '@trestle/contracts';

/** What a trial's process is told. */
export interface TrialTask {
  readonly module: string;
  readonly params: SearchParams;
  readonly trial: number;
  readonly seed: number;
  readonly dir: string;
}

/** What it tells. */
export type TrialTold =
  | {
      readonly kind: 'log';
      readonly metrics: Readonly<Record<string, number>>;
      readonly step: number | undefined;
    }
  | { readonly kind: 'artifact'; readonly path: string; readonly name: string }
  | {
      readonly kind: 'done';
      readonly metrics: Readonly<Record<string, number>>;
      readonly model: string | undefined;
    }
  | { readonly kind: 'failed'; readonly message: string };
