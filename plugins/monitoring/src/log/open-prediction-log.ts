import type { ServiceScope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { monitoringConfig } from '../rules/monitoring-config.ts';
import { type BufferedLog, bufferedLog } from './buffered-log.ts';
import { predictionWriter } from './write-predictions.ts';

export async function openPredictionLog(scope: ServiceScope): Promise<BufferedLog> {
  const metadata = await scope.service(metadataToken);
  const { bufferRows, flushEvery } = scope.config(monitoringConfig).log;
  const log = bufferedLog({
    bufferRows,
    flushEveryMs: flushEvery,
    write: predictionWriter(metadata),
    log: scope.log,
  });
  scope.onClose(log.close);
  return log;
}
