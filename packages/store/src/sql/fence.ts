import type { Fence } from '@trestle/kernel';
import type { Transaction } from 'kysely';
import { storeError } from '../store-error.ts';
import type { StoreTables } from './tables.ts';

/** Whether nobody has taken the job or lease since, asked inside the transaction that depends on it. */
export async function isHeld(db: Transaction<StoreTables>, fence: Fence): Promise<boolean> {
  const { generation } = fence;
  const row =
    'job' in fence
      ? db.selectFrom('jobs').select('generation').where('id', '=', fence.job).where('state', '=', 'running')
      : db.selectFrom('leases').select('generation').where('name', '=', fence.lease);
  return (await row.executeTakeFirst())?.generation === generation;
}

/** @throws TRS_STORE_FENCED when somebody has taken the job or lease since */
export async function checkHeld(db: Transaction<StoreTables>, fence: Fence | undefined): Promise<void> {
  if (fence === undefined || (await isHeld(db, fence))) return;
  const what = 'job' in fence ? `job "${fence.job}"` : `lease "${fence.lease}"`;
  throw storeError('FENCED', {
    kind: 'interrupted',
    message: `The ${what} is another worker's by now: what this one does late is not kept.`,
    hint: 'Nothing was half-written. See "trestle job list".',
    details: { ...fence },
  });
}
