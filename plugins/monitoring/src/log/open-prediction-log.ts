import type { PredictionLog } from '@trestle/contracts';
import type { ServiceScope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { monitoringConfig } from '../rules/monitoring-config.ts';
import { type BufferedLog, bufferedLog } from './buffered-log.ts';
import { failureCounter } from './failure-counter.ts';
import { predictionWriter } from './write-predictions.ts';

export async function openPredictionLog(scope: ServiceScope): Promise<BufferedLog & PredictionLog> {
  const metadata = await scope.service(metadataToken);
  const { bufferRows, flushEvery } = scope.config(monitoringConfig).log;
  const rows = bufferedLog({
    bufferRows,
    flushEveryMs: flushEvery,
    write: predictionWriter(metadata),
    log: scope.log,
  });
  const failures = failureCounter(metadata, scope.log);
  scope.onClose(async () => {
    await failures.close();
    await rows.close();
  });
  return {
    ...rows,
    fail: failures.add,
    async flush() {
      await failures.flush();
      await rows.flush();
    },
  };
}
