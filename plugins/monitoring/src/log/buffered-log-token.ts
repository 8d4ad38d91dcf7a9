import { token } from '@trestle/kernel';
import type { BufferedLog } from './buffered-log.ts';

/** The prediction log with what only monitoring itself asks of it. */
export const bufferedLogToken = token<BufferedLog>('monitoring.buffered-log');
