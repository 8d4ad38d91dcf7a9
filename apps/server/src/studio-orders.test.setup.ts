import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { dataAdd, dataErase, dataTag, dataValidate } from '@trestle/plugin-data';
import { HOSTILE } from './hostile.test.setup.ts';

// Two versions of a table, and a pipeline that reads it, for the pages about data.

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** Of the second version: the first rows are gone, some are new, every hundredth has another amount, a column is new. */
function orders(from: number, to: number, isSecond: boolean): string {
  const header = [
    'id',
    'email',
    quoted(HOSTILE.column),
    'amount',
    'weight',
    'late',
    ...(isSecond ? ['note'] : []),
  ];
  const rows = Array.from({ length: to - from }, (_, k) => {
    const id = from + k;
    const amount = (id * 7) % 50;
    return [
      id,
      `person${id}@example.com`,
      quoted(HOSTILE.values[id % HOSTILE.values.length] ?? ''),
      isSecond && id % 100 === 0 ? amount + 100 : amount,
      amount * 2 + (id % 3),
      amount > 25 ? 'yes' : 'no',
      ...(isSecond ? ['a note'] : []),
    ];
  });
  return `${[header, ...rows].map((row) => row.join(',')).join('\n')}\n`;
}

/** A pipeline that stops at its first step. */
export const CHECKED = {
  name: 'checked',
  steps: {
    strict: {
      sql: 'SELECT id, amount FROM orders',
      expect: [{ type: 'column.between', column: 'amount', min: 0, max: 1 }],
    },
    after: { sql: 'SELECT * FROM strict' },
  },
  triggers: { cron: '0 3 1 1 *', drift: ['birds'] },
};

/** What is kept of the two versions: a tag, what a suite found, and an erasure. */
export async function addOrders(host: Host, dir: string): Promise<void> {
  const local = { surface: 'cli' } as const;
  const add = async (csv: string): Promise<void> => {
    await writeFile(join(dir, 'orders.csv'), csv);
    await host.run(dataAdd, { path: 'orders.csv', name: 'orders' }, local);
  };
  await add(orders(0, 600, false));
  await add(orders(50, 720, true));
  await host.run(dataTag, { name: 'orders@2', tag: 'gold' });
  await host.run(dataErase, { name: 'orders', column: 'id', values: ['77'] });
  // Behind the erasure, which takes what suites found of the rows before.
  await mkdir(join(dir, 'expectations'));
  const expectations = [
    { type: 'column.notNull', column: 'id' },
    { type: 'column.between', column: 'amount', min: 0, max: 60, severity: 'warn' },
  ];
  await writeFile(join(dir, 'expectations', 'orders.json'), JSON.stringify({ expectations }));
  await host.run(dataValidate, { name: 'orders@2' }, local);
}
