// What the Studio reads of the operations' answers. The operations' own schemas say more.

export interface DatasetVersion {
  readonly dataset: string;
  readonly version: number;
  readonly rows: number;
  readonly digest: string;
  readonly source: string;
  readonly createdAt: string;
}

/** `data.show` */
export interface DatasetDetails extends DatasetVersion {
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly nulls: number;
    readonly about?: 'file';
  }[];
  readonly tags: readonly string[];
  readonly checks: readonly {
    readonly suite: string;
    readonly checkedAt: string;
    readonly passed: boolean;
    readonly results: readonly {
      readonly expectation: string;
      readonly severity: string;
      readonly passed: boolean;
      readonly failures: number;
      readonly observed?: number;
    }[];
  }[];
  readonly erasures: readonly { readonly erasure: string; readonly at: string; readonly rows: number }[];
}

/** `data.profile` */
export interface Profile {
  readonly rows: number;
  readonly columns: readonly ColumnProfile[];
  readonly correlations: readonly { readonly a: string; readonly b: string; readonly r: number }[];
  readonly leaks?: readonly { readonly column: string; readonly score: number }[];
}

type Both<T> = { readonly from: T; readonly to: T };
type ExampleRow = Readonly<Record<string, unknown>>;

/** `data.diff` */
export interface Diff {
  readonly schema: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly retyped: readonly (Both<string> & { readonly name: string })[];
  };
  readonly rows: {
    readonly by: string;
    readonly added: number;
    readonly removed: number;
    readonly changed: number;
    readonly examples: {
      readonly added: readonly ExampleRow[];
      readonly removed: readonly ExampleRow[];
      readonly changed: readonly {
        readonly key: unknown;
        readonly columns: Readonly<Record<string, Both<unknown>>>;
      }[];
    };
  };
  readonly columns: readonly {
    readonly name: string;
    readonly nulls: Both<number>;
    readonly distinct: Both<number>;
    readonly mean: Both<number | null>;
    readonly distance: number;
    readonly changed?: number;
  }[];
}

export interface ColumnProfile {
  readonly name: string;
  readonly type: string;
  readonly count: number;
  readonly nulls: number;
  readonly distinct: number;
  readonly min: number | string | null;
  readonly max: number | string | null;
  readonly mean: number | null;
  readonly std: number | null;
  readonly quantiles: Readonly<Record<string, number>> | null;
  readonly lengths: { readonly min: number; readonly mean: number; readonly max: number } | null;
  readonly semantic: string | null;
  readonly isPersonal: boolean;
  readonly top: readonly { readonly value: string; readonly count: number }[];
  readonly histogram: readonly { readonly from: number; readonly to: number; readonly count: number }[];
}

export interface Run {
  readonly run: string;
  readonly status: string;
  readonly task?: string;
  readonly dataset?: string;
  readonly spec: { readonly data: string; readonly target: string };
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
  readonly candidates: readonly {
    readonly estimator: string;
    readonly chosen: boolean;
    readonly metrics: Readonly<Record<string, number | null>>;
  }[];
  readonly modelDigest?: string;
  readonly notes?: readonly string[];
  readonly split?: {
    readonly kind: string;
    readonly boundary?: string;
    readonly trainRows: number;
    readonly testRows: number;
  };
  readonly error?: string;
  readonly startedAt: string;
  readonly finishedAt?: string;
}

export interface ModelVersion {
  readonly name: string;
  readonly version: number;
  readonly digest: string;
  readonly aliases: readonly string[];
  readonly task?: string;
  readonly estimator?: string;
  readonly run?: string;
  readonly dataset?: string;
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly createdAt: string;
}

export interface ModelDetails extends ModelVersion {
  readonly features: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[];
  readonly classes: readonly string[];
  readonly card: string;
  readonly versions: readonly ModelVersion[];
  readonly moves: readonly {
    readonly alias: string;
    readonly kind: string;
    readonly version: number;
    readonly previous: number | null;
    readonly actor: string;
    readonly time: string;
  }[];
}

export interface Alert {
  readonly alert: string;
  readonly deployment: string;
  readonly kind: string;
  readonly state: string;
  readonly summary: string;
  readonly openedAt: string;
  readonly resolution?: string;
}

export interface DeploymentStatus {
  readonly deployment: string;
  readonly revision: number;
  readonly model: { readonly name: string; readonly version: number };
  readonly health: string;
  readonly traffic: {
    readonly requests: number;
    readonly rows: number;
    readonly labels: number;
    readonly latencyMs?: { readonly p50: number; readonly p95: number; readonly p99: number };
    readonly lastRequestAt?: string;
    readonly recent: readonly { readonly from: string; readonly requests: number }[];
  };
  readonly performance?: {
    readonly state: string;
    readonly labelledRows: number;
    readonly metrics: Readonly<Record<string, number>>;
  };
  readonly drift?: { readonly state: string; readonly driftedFeatures: readonly string[] };
  readonly alerts: readonly Alert[];
  readonly lastRetrain?: { readonly reason: string; readonly run: string; readonly promoted: boolean };
}

export interface Deployment {
  readonly deployment: string;
  readonly follows?: string;
  readonly revisions: readonly {
    readonly revision: number;
    readonly model: string;
    readonly version: number;
    readonly follows: string | null;
    readonly kind: string;
    readonly actor: string;
    readonly createdAt: string;
  }[];
}

export interface FeatureDrift {
  readonly name: string;
  readonly kind: string;
  readonly test: string;
  readonly statistic: number;
  readonly threshold: number;
  readonly pValue: number;
  readonly drifted: boolean;
  readonly missing: { readonly reference: number; readonly current: number };
  readonly bins: readonly { readonly label: string; readonly reference: number; readonly current: number }[];
}

export interface DriftReport {
  readonly state: string;
  readonly window: { readonly rows: number; readonly minRows: number };
  readonly features: readonly FeatureDrift[];
}

export interface Job {
  readonly id: string;
  readonly operation: string;
  readonly state: string;
  readonly principal: string;
  readonly progress?: { readonly step?: string; readonly fraction?: number };
  readonly error?: { readonly message: string };
  readonly createdAt: string;
  readonly finishedAt?: string;
}

export interface LogEvent {
  readonly seq: number;
  readonly type: string;
  readonly subject: string;
  readonly actor: string;
  readonly operation: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly time: string;
}

export interface Trace {
  readonly ref: string;
  readonly nodes: readonly { readonly ref: string; readonly kind: string; readonly distance: number }[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly kind: string }[];
  readonly truncated: boolean;
}

export interface QueryAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly truncated: boolean;
}

export interface PipelineSummary {
  readonly name: string;
  readonly steps: number;
  readonly triggers: readonly string[];
  readonly lastRun?: { readonly run: string; readonly status: string; readonly startedAt: string };
}

export interface StepRun {
  readonly step: string;
  readonly state: 'waiting' | 'running' | 'cached' | 'ran' | 'appended' | 'failed' | 'not reached';
  readonly reason: string;
  readonly output?: string;
  readonly rows?: number;
  readonly durationMs?: number;
  readonly error?: string;
}

export interface PipelineRun {
  readonly run: string;
  readonly pipeline: string;
  readonly status: string;
  readonly trigger: string;
  readonly steps: readonly StepRun[];
  readonly error?: string;
  readonly startedAt: string;
  readonly finishedAt?: string;
}

export interface Pipeline {
  readonly pipeline: string;
  readonly steps: readonly {
    readonly name: string;
    readonly kind: string;
    readonly inputs: readonly { readonly name: string; readonly kind: string }[];
    /** What its expectations compare its rows with. */
    readonly compares: readonly { readonly name: string; readonly kind: string }[];
    readonly output: string;
  }[];
  readonly triggers: readonly string[];
  readonly runs: readonly PipelineRun[];
}
