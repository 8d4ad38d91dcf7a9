import type { Severity } from '@trestle/contracts';

/** A feature with its share of what the model uses, where that is known. */
export interface WeighedFeature {
  readonly name: string;
  /** From 0 to 1. */
  readonly importance?: number | undefined;
}

/** What a check says of one thing that an alert can be about. */
export interface Finding {
  readonly kind: string;
  /** Of what is told feature by feature: an alert of each. */
  readonly feature?: string;
  /** `open`: nothing can be said now, so what was said stands. */
  readonly verdict: 'good' | 'bad' | 'open';
  /** One sentence with the numbers. */
  readonly summary: string;
  /** What it is about, the most important first. */
  readonly features: readonly WeighedFeature[];
  readonly severity: Severity;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What there is at most one open alert of. */
export const openKeyOf = (deployment: string, { kind, feature }: Pick<Finding, 'kind' | 'feature'>): string =>
  [deployment, kind, ...(feature === undefined ? [] : [feature])].join('/');
