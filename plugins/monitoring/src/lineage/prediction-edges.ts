import type { LineageEdge, Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { bufferedLogToken } from '../log/buffered-log-token.ts';
import type { MonitoringTables } from '../tables.ts';

/** What made a prediction: the revision of the deployment, and the model that answered. */
export async function edgesIntoPrediction(
  scope: Scope,
  ref: string,
): Promise<readonly LineageEdge[] | undefined> {
  await (await scope.service(bufferedLogToken)).flush();
  const metadata = await scope.service(metadataToken);
  const row = await metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_predictions')
    .select(['deployment', 'revision', 'model', 'version'])
    .where('id', '=', ref.replace(/^prediction:/, ''))
    .executeTakeFirst();
  return (
    row && [
      { from: `deployment:${row.deployment}@${row.revision}`, to: ref, kind: 'predicted' },
      { from: `model:${row.model}@${row.version}`, to: ref, kind: 'predicted' },
    ]
  );
}
