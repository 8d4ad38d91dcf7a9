import type { Metadata } from '@trestle/store';
import type { MonitoringTables } from '../tables.ts';
import { type LoggedRow, rowsOf, type WindowOf } from './read-window.ts';

export type Label = string | number | boolean;

export interface LabelledRow extends LoggedRow {
  readonly label: Label;
}

const PAGE = 500;

/** The newest labelled rows that a model answered for a deployment, newest first. */
export async function readLabelled(metadata: Metadata, of: WindowOf, rows: number): Promise<LabelledRow[]> {
  const db = metadata.query<MonitoringTables>();
  const labelled: LabelledRow[] = [];
  for (let offset = 0; labelled.length < rows; offset += PAGE) {
    const requests = await db
      .selectFrom('monitoring_predictions')
      .select(['id', 'time', 'inputs', 'outputs'])
      .where('deployment', '=', of.deployment)
      .where('model', '=', of.model.name)
      .where('version', '=', of.model.version)
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom('monitoring_labels')
            .select('monitoring_labels.row')
            .whereRef('monitoring_labels.prediction', '=', 'monitoring_predictions.id')
            .whereRef('monitoring_labels.deployment', '=', 'monitoring_predictions.deployment'),
        ),
      )
      .orderBy('time', 'desc')
      .orderBy('id')
      .limit(PAGE)
      .offset(offset)
      .execute();
    if (requests.length === 0) break;
    const labels = await labelsOf(
      metadata,
      of.deployment,
      requests.map((request) => request.id),
    );
    for (const row of requests.flatMap(rowsOf)) {
      const label = labels.get(`${row.prediction}/${row.row}`);
      if (label !== undefined) labelled.push({ ...row, label });
    }
    if (requests.length < PAGE) break;
  }
  return labelled.slice(0, rows);
}

async function labelsOf(
  metadata: Metadata,
  deployment: string,
  predictions: readonly string[],
): Promise<Map<string, Label>> {
  const rows = await metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_labels')
    .select(['prediction', 'row', 'label'])
    .where('deployment', '=', deployment)
    .where('prediction', 'in', predictions)
    .execute();
  return new Map(rows.map((row) => [`${row.prediction}/${row.row}`, parseLabel(row.label)]));
}

export function parseLabel(json: string): Label {
  const label: unknown = JSON.parse(json);
  return typeof label === 'number' || typeof label === 'boolean' ? label : String(label);
}
