import type { Metadata } from '@trestle/store';
import type { MonitoringTables } from '../tables.ts';
import type { WindowOf } from './read-window.ts';

/** How many labelled rows a model has answered for a deployment, over the whole log. */
export async function countLabelled(metadata: Metadata, of: WindowOf): Promise<number> {
  const { labels } = await metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_labels')
    .innerJoin('monitoring_predictions', (join) =>
      join
        .onRef('monitoring_predictions.id', '=', 'monitoring_labels.prediction')
        .onRef('monitoring_predictions.deployment', '=', 'monitoring_labels.deployment'),
    )
    .select((eb) => eb.fn.countAll<number>().as('labels'))
    .where('monitoring_predictions.deployment', '=', of.deployment)
    .where('monitoring_predictions.model', '=', of.model.name)
    .where('monitoring_predictions.version', '=', of.model.version)
    .executeTakeFirstOrThrow();
  return Number(labels);
}
