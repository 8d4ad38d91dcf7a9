import { type ServiceScope, token } from '@trestle/kernel';
import { dataConfig } from '../config/data-config.ts';
import { dataError } from '../data-error.ts';

/** Lets only so many queries run at once; the rest is refused at once rather than kept waiting. */
export interface QueryGate {
  through<T>(work: () => Promise<T>): Promise<T>;
}

export const queryGateToken = token<QueryGate>('data.query-gate');

/** @throws TRS_DATA_QUERY_BUSY from `through` */
export function queryGate(scope: ServiceScope): QueryGate {
  const { concurrency } = scope.config(dataConfig).query;
  let running = 0;
  return {
    async through(work) {
      if (running >= concurrency) {
        throw dataError('QUERY_BUSY', {
          kind: 'overloaded',
          message: `${running} queries are running, which is as many as may run at once.`,
          hint: 'Try again in a moment, or raise data.query.concurrency.',
          retryAfterS: 2,
        });
      }
      running++;
      try {
        return await work();
      } finally {
        running--;
      }
    },
  };
}
