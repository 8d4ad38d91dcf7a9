import type { Migration } from '@trestle/store';
import { sql } from 'kysely';

export const monitoringMigrations: readonly Migration[] = [
  {
    name: 'monitoring-0001-log',
    async up(db) {
      await db.schema
        .createTable('monitoring_predictions')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('revision', 'integer', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('time', 'text', (column) => column.notNull())
        .addColumn('latency_ms', 'double precision', (column) => column.notNull())
        .addColumn('row_count', 'integer', (column) => column.notNull())
        .addColumn('inputs', 'text', (column) => column.notNull())
        .addColumn('outputs', 'text', (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex('monitoring_predictions_window')
        .on('monitoring_predictions')
        .columns(['deployment', 'model', 'version', 'time'])
        .execute();
      await db.schema
        .createIndex('monitoring_predictions_time')
        .on('monitoring_predictions')
        .column('time')
        .execute();
      await db.schema
        .createTable('monitoring_labels')
        .addColumn('prediction', 'text', (column) => column.notNull())
        .addColumn('row', 'integer', (column) => column.notNull())
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('label', 'text', (column) => column.notNull())
        .addColumn('time', 'text', (column) => column.notNull())
        .addColumn('changes', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('monitoring_labels_key', ['prediction', 'row'])
        .execute();
      await db.schema
        .createIndex('monitoring_labels_deployment')
        .on('monitoring_labels')
        .column('deployment')
        .execute();
      await db.schema
        .createTable('monitoring_traffic')
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('requests', 'integer', (column) => column.notNull())
        .addColumn('row_count', 'integer', (column) => column.notNull())
        .addColumn('latency_ms', 'double precision', (column) => column.notNull())
        .addColumn('labels', 'integer', (column) => column.notNull())
        .addColumn('label_changes', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('monitoring_traffic_key', ['deployment', 'model', 'version'])
        .execute();
    },
  },
  {
    name: 'monitoring-0002-checks',
    async up(db) {
      await db.schema
        .createTable('monitoring_checks')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('time', 'text', (column) => column.notNull())
        .addColumn('seen_rows', 'integer', (column) => column.notNull())
        .addColumn('seen_labels', 'integer', (column) => column.notNull())
        .addColumn('drift', 'text', (column) => column.notNull())
        .addColumn('performance', 'text', (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex('monitoring_checks_latest')
        .on('monitoring_checks')
        .columns(['deployment', 'time'])
        .execute();
      await db.schema
        .createTable('monitoring_alerts')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('open_key', 'text', (column) => column.unique())
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('summary', 'text', (column) => column.notNull())
        .addColumn('details', 'text', (column) => column.notNull())
        .addColumn('opened_at', 'text', (column) => column.notNull())
        .addColumn('acknowledged_by', 'text')
        .addColumn('resolved_at', 'text')
        .addColumn('resolution', 'text')
        .addColumn('job', 'text')
        .execute();
      await db.schema
        .createIndex('monitoring_alerts_deployment')
        .on('monitoring_alerts')
        .columns(['deployment', 'opened_at'])
        .execute();
      await db.schema
        .createTable('monitoring_retrains')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('alert', 'text')
        .addColumn('started_at', 'text', (column) => column.notNull())
        .addColumn('finished_at', 'text')
        .addColumn('progress', 'text', (column) => column.notNull())
        .execute();
    },
  },
  {
    name: 'monitoring-0003-imputed',
    async up(db) {
      await db.schema
        .alterTable('monitoring_traffic')
        .addColumn('imputed_rows', 'integer', (column) => column.notNull().defaultTo(0))
        .execute();
    },
  },
  {
    // Ids of predictions that were made elsewhere are others': two models may have the same.
    name: 'monitoring-0004-elsewhere',
    async up(db) {
      await db.schema
        .alterTable('monitoring_predictions')
        .renameTo('monitoring_predictions_before')
        .execute();
      await db.schema.dropIndex('monitoring_predictions_window').execute();
      await db.schema.dropIndex('monitoring_predictions_time').execute();
      await db.schema
        .createTable('monitoring_predictions')
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('revision', 'integer', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('time', 'text', (column) => column.notNull())
        .addColumn('latency_ms', 'double precision', (column) => column.notNull())
        .addColumn('row_count', 'integer', (column) => column.notNull())
        .addColumn('inputs', 'text', (column) => column.notNull())
        .addColumn('outputs', 'text', (column) => column.notNull())
        .addColumn('rolled', 'integer', (column) => column.notNull().defaultTo(0))
        .addPrimaryKeyConstraint('monitoring_predictions_key', ['deployment', 'id'])
        .execute();
      const columns = sql.raw(
        'id, deployment, revision, model, version, time, latency_ms, row_count, inputs, outputs',
      );
      await sql`insert into monitoring_predictions (${columns}) select ${columns} from monitoring_predictions_before`.execute(
        db,
      );
      await db.schema.dropTable('monitoring_predictions_before').execute();
      await db.schema
        .createIndex('monitoring_predictions_window')
        .on('monitoring_predictions')
        .columns(['deployment', 'model', 'version', 'time'])
        .execute();
      await db.schema
        .createIndex('monitoring_predictions_time')
        .on('monitoring_predictions')
        .column('time')
        .execute();
      await db.schema
        .createIndex('monitoring_predictions_id')
        .on('monitoring_predictions')
        .column('id')
        .execute();
      await sql`create index monitoring_predictions_waiting on monitoring_predictions (deployment) where rolled = 0`.execute(
        db,
      );
      await db.schema.alterTable('monitoring_labels').renameTo('monitoring_labels_before').execute();
      await db.schema.dropIndex('monitoring_labels_deployment').execute();
      await db.schema
        .createTable('monitoring_labels')
        .addColumn('prediction', 'text', (column) => column.notNull())
        .addColumn('row', 'integer', (column) => column.notNull())
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('label', 'text', (column) => column.notNull())
        .addColumn('time', 'text', (column) => column.notNull())
        .addColumn('changes', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('monitoring_labels_of', ['deployment', 'prediction', 'row'])
        .execute();
      await sql`insert into monitoring_labels (prediction, ${sql.ref('row')}, deployment, label, time, changes) select prediction, ${sql.ref('row')}, deployment, label, time, changes from monitoring_labels_before`.execute(
        db,
      );
      await db.schema.dropTable('monitoring_labels_before').execute();
      await db.schema
        .createTable('monitoring_early_labels')
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('prediction', 'text', (column) => column.notNull())
        .addColumn('row', 'integer', (column) => column.notNull())
        .addColumn('label', 'text', (column) => column.notNull())
        .addColumn('time', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('monitoring_early_labels_key', ['deployment', 'prediction', 'row'])
        .execute();
      await db.schema
        .createTable('monitoring_halves')
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull())
        .addColumn('time', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('monitoring_halves_key', ['deployment', 'id', 'kind'])
        .execute();
    },
  },
  {
    name: 'monitoring-0005-rollups',
    async up(db) {
      await db.schema
        .createTable('monitoring_rollups')
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('reference', 'text', (column) => column.notNull())
        .addColumn('span', 'text', (column) => column.notNull())
        .addColumn('start', 'text', (column) => column.notNull())
        .addColumn('segment', 'text', (column) => column.notNull())
        .addColumn('row_count', 'integer', (column) => column.notNull())
        .addColumn('counts', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('monitoring_rollups_key', [
          'deployment',
          'model',
          'version',
          'reference',
          'start',
          'span',
          'segment',
        ])
        .execute();
      await db.schema
        .createTable('monitoring_detectors')
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('streams', 'text', (column) => column.notNull())
        .addColumn('until', 'text', (column) => column.notNull())
        .addColumn('blocks', 'integer', (column) => column.notNull())
        .addColumn('memory', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('monitoring_detectors_key', ['deployment', 'model', 'version'])
        .execute();
    },
  },
  {
    name: 'monitoring-0006-incidents',
    async up(db) {
      for (const column of ['severity', 'features', 'incident'])
        await db.schema.alterTable('monitoring_alerts').addColumn(column, 'text').execute();
      await db.schema
        .createTable('monitoring_incidents')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('severity', 'text', (column) => column.notNull())
        .addColumn('title', 'text', (column) => column.notNull())
        .addColumn('features', 'text', (column) => column.notNull())
        .addColumn('kinds', 'text', (column) => column.notNull())
        .addColumn('opened_at', 'text', (column) => column.notNull())
        .addColumn('changed_at', 'text', (column) => column.notNull())
        .addColumn('acknowledged_by', 'text')
        .addColumn('acknowledged_at', 'text')
        .addColumn('silenced_until', 'text')
        .addColumn('resolved_at', 'text')
        .addColumn('resolution', 'text')
        .execute();
      await db.schema
        .createIndex('monitoring_incidents_deployment')
        .on('monitoring_incidents')
        .columns(['deployment', 'opened_at'])
        .execute();
      await db.schema
        .createTable('monitoring_incident_history')
        .addColumn('incident', 'text', (column) => column.notNull())
        .addColumn('seq', 'integer', (column) => column.notNull())
        .addColumn('time', 'text', (column) => column.notNull())
        .addColumn('actor', 'text', (column) => column.notNull())
        .addColumn('what', 'text', (column) => column.notNull())
        .addColumn('text', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('monitoring_incident_history_key', ['incident', 'seq'])
        .execute();
      await db.schema
        .createIndex('monitoring_alerts_incident')
        .on('monitoring_alerts')
        .column('incident')
        .execute();
    },
  },
  {
    name: 'monitoring-0007-failures',
    async up(db) {
      await db.schema
        .createTable('monitoring_failures')
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('minute', 'text', (column) => column.notNull())
        .addColumn('code', 'text', (column) => column.notNull())
        .addColumn('failures', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('monitoring_failures_key', [
          'deployment',
          'minute',
          'model',
          'version',
          'code',
        ])
        .execute();
    },
  },
  {
    name: 'monitoring-0008-deliveries',
    async up(db) {
      await db.schema
        .createTable('monitoring_deliveries')
        .addColumn('channel', 'text', (column) => column.notNull())
        .addColumn('seq', 'bigint', (column) => column.notNull())
        .addColumn('time', 'text', (column) => column.notNull())
        .addColumn('alert', 'text', (column) => column.notNull())
        .addColumn('payload', 'text', (column) => column.notNull())
        .addColumn('attempts', 'integer', (column) => column.notNull())
        .addColumn('next_at', 'text', (column) => column.notNull())
        .addColumn('error', 'text')
        .addColumn('given_up_at', 'text')
        .addPrimaryKeyConstraint('monitoring_deliveries_key', ['channel', 'seq'])
        .execute();
      await db.schema
        .createIndex('monitoring_deliveries_alert')
        .on('monitoring_deliveries')
        .column('alert')
        .execute();
    },
  },
  {
    // Deliveries are kept once they ended, and are in order for an incident.
    name: 'monitoring-0009-delivered',
    async up(db) {
      for (const column of ['incident', 'outcome', 'ended_at'])
        await db.schema.alterTable('monitoring_deliveries').addColumn(column, 'text').execute();
      await db.schema
        .alterTable('monitoring_deliveries')
        .addColumn('says', 'text', (column) => column.notNull().defaultTo('fired'))
        .execute();
      await sql`update monitoring_deliveries set incident = (select incident from monitoring_alerts where monitoring_alerts.id = monitoring_deliveries.alert)`.execute(
        db,
      );
      await sql`update monitoring_deliveries set says = 'resolved' where payload like '%"state":"resolved"%'`.execute(
        db,
      );
      await sql`update monitoring_deliveries set outcome = 'given-up', ended_at = given_up_at where given_up_at is not null`.execute(
        db,
      );
      await db.schema.alterTable('monitoring_deliveries').dropColumn('given_up_at').execute();
      await sql`create index monitoring_deliveries_waiting on monitoring_deliveries (channel, seq) where outcome is null`.execute(
        db,
      );
    },
  },
];
