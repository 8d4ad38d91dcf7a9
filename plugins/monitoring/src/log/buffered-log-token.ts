import type { PredictionLog } from '@trestle/contracts';
import { token } from '@trestle/kernel';
import type { BufferedLog } from './buffered-log.ts';

/** The prediction log with what only monitoring itself asks of it. */
export const bufferedLogToken = token<BufferedLog & PredictionLog>('monitoring.buffered-log');
