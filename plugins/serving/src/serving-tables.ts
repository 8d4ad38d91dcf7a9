import type { Migration } from '@trestle/store';

/** The plugin's tables. */
export interface ServingTables {
  /** What was deployed, revision by revision; of those that are no challenger the highest one serves. */
  deployment_revisions: {
    deployment: string;
    revision: number;
    model: string;
    version: number;
    digest: string;
    /** The alias that it follows. */
    follows: string | null;
    kind: 'deployed' | 'followed' | 'rolled-back' | 'promoted' | 'challenger';
    actor: string;
    created_at: string;
    /** Where the graph runs; what the configuration says when null. */
    executor: string | null;
  };
  /** Where a model's graph runs that was measured, and why: what a process chose last. */
  executor_choices: {
    digest: string;
    wanted: string;
    executor: string;
    measured: string;
    host: string;
    chosen_at: string;
  };
  /** Rollouts; one of a deployment at most is running or paused. */
  rollouts: {
    deployment: string;
    rollout: number;
    strategy: string;
    /** JSON, as the strategy's schema left it. */
    options: string;
    sticky: string;
    state: 'running' | 'paused' | 'promoted' | 'aborted' | 'rolled-back' | 'superseded';
    /** The revision that is to serve, and the one that served when it began. */
    revision: number;
    champion: number;
    step: number;
    share: number;
    mirrored: number;
    /** JSON: what the last verdict left, and the verdict. */
    memory: string;
    verdict: string;
    /** Milliseconds that it and its step had been going on when it was resumed last. */
    elapsed_ms: number;
    step_ms: number;
    /** Milliseconds since 1970; null while it is paused and when it is over. */
    resumed_at: number | null;
    actor: string;
    started_at: string;
    finished_at: string | null;
  };
  /** What each process has seen of a step, all of it so far: written anew, not added to. */
  rollout_evidence: {
    deployment: string;
    rollout: number;
    step: number;
    process: string;
    share: number;
    /** JSON. */
    evidence: string;
    is_warm: number;
    /** Milliseconds since 1970. */
    seen_at: number;
  };
  /** Who or what decided, and on which numbers. */
  rollout_history: {
    deployment: string;
    rollout: number;
    place: number;
    kind: string;
    step: number;
    share: number;
    actor: string;
    /** JSON. */
    reasons: string;
    measures: string;
    created_at: string;
  };
  /** Measures over time, for pictures. */
  rollout_points: {
    deployment: string;
    rollout: number;
    place: number;
    step: number;
    requests: number;
    measures: string;
    created_at: string;
  };
}

export const servingMigrations: readonly Migration[] = [
  {
    name: 'serving-0001-deployments',
    async up(db) {
      await db.schema
        .createTable('deployment_revisions')
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('revision', 'integer', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('follows', 'text')
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('actor', 'text', (column) => column.notNull())
        .addColumn('created_at', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('deployment_revisions_key', ['deployment', 'revision'])
        .execute();
    },
  },
  {
    name: 'serving-0002-executors',
    async up(db) {
      await db.schema.alterTable('deployment_revisions').addColumn('executor', 'text').execute();
      await db.schema
        .createTable('executor_choices')
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('wanted', 'text', (column) => column.notNull())
        .addColumn('executor', 'text', (column) => column.notNull())
        .addColumn('measured', 'text', (column) => column.notNull())
        .addColumn('host', 'text', (column) => column.notNull())
        .addColumn('chosen_at', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('executor_choices_key', ['digest', 'wanted'])
        .execute();
    },
  },
  {
    name: 'serving-0003-rollouts',
    async up(db) {
      const base = (table: string) =>
        db.schema
          .createTable(table)
          .addColumn('deployment', 'text', (column) => column.notNull())
          .addColumn('rollout', 'integer', (column) => column.notNull());
      await base('rollouts')
        .addColumn('strategy', 'text', (column) => column.notNull())
        .addColumn('options', 'text', (column) => column.notNull())
        .addColumn('sticky', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('revision', 'integer', (column) => column.notNull())
        .addColumn('champion', 'integer', (column) => column.notNull())
        .addColumn('step', 'integer', (column) => column.notNull())
        .addColumn('share', 'real', (column) => column.notNull())
        .addColumn('mirrored', 'real', (column) => column.notNull())
        .addColumn('memory', 'text', (column) => column.notNull())
        .addColumn('verdict', 'text', (column) => column.notNull())
        .addColumn('elapsed_ms', 'real', (column) => column.notNull())
        .addColumn('step_ms', 'real', (column) => column.notNull())
        .addColumn('resumed_at', 'real')
        .addColumn('actor', 'text', (column) => column.notNull())
        .addColumn('started_at', 'text', (column) => column.notNull())
        .addColumn('finished_at', 'text')
        .addPrimaryKeyConstraint('rollouts_key', ['deployment', 'rollout'])
        .execute();
      await base('rollout_evidence')
        .addColumn('step', 'integer', (column) => column.notNull())
        .addColumn('process', 'text', (column) => column.notNull())
        .addColumn('share', 'real', (column) => column.notNull())
        .addColumn('evidence', 'text', (column) => column.notNull())
        .addColumn('is_warm', 'integer', (column) => column.notNull())
        .addColumn('seen_at', 'real', (column) => column.notNull())
        .addPrimaryKeyConstraint('rollout_evidence_key', ['deployment', 'rollout', 'step', 'process'])
        .execute();
      await base('rollout_history')
        .addColumn('place', 'integer', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('step', 'integer', (column) => column.notNull())
        .addColumn('share', 'real', (column) => column.notNull())
        .addColumn('actor', 'text', (column) => column.notNull())
        .addColumn('reasons', 'text', (column) => column.notNull())
        .addColumn('measures', 'text', (column) => column.notNull())
        .addColumn('created_at', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('rollout_history_key', ['deployment', 'rollout', 'place'])
        .execute();
      await base('rollout_points')
        .addColumn('place', 'integer', (column) => column.notNull())
        .addColumn('step', 'integer', (column) => column.notNull())
        .addColumn('requests', 'integer', (column) => column.notNull())
        .addColumn('measures', 'text', (column) => column.notNull())
        .addColumn('created_at', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('rollout_points_key', ['deployment', 'rollout', 'place'])
        .execute();
    },
  },
];
