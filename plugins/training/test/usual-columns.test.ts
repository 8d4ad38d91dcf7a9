import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { trainingToken } from '@trestle/contracts';
import { openModel } from '@trestle/model';
import { dataAdd, dataPlugin } from '@trestle/plugin-data';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { temporaryProject } from '@trestle/testing';
import { describe, expect, it } from 'vitest';
import { trainingPlugin, trainOperation } from '../src/index.ts';
import { generator } from './claims.test.setup.ts';

const WORDS = ['heavy', 'rain', 'hail', 'on', 'the', 'roof', 'of', 'a', 'parked', 'car', 'near', 'trees'];
const DAY = 86_400_000;

/** Rows with a column of each kind that tables have; the price follows the hour, the weekday, the word "hail" and the town. */
function table(count: number): string {
  const next = generator();
  const lines = Array.from({ length: count }, (_, row) => {
    const at = new Date(
      Date.UTC(2022, 0, 1) + Math.floor(700 * next()) * DAY + Math.floor(24 * next()) * 3_600_000,
    );
    const signed = new Date(at.getTime() - 20 * DAY);
    const town = Math.floor(90 * next() ** 2);
    const words = Array.from({ length: 8 }, () => WORDS[Math.floor(WORDS.length * next())]);
    const fee = 1_000 + Math.floor(9_000 * next());
    const price =
      (at.getUTCHours() > 17 ? 40 : 0) +
      (words.includes('hail') ? 60 : 0) +
      (town < 9 ? 30 : 0) +
      fee / 100 +
      5 * next();
    return [
      1_000 + row,
      `ref-${row}-${Math.floor(1e6 * next())}`,
      at.toISOString(),
      `${signed.getUTCMonth() + 1}/${signed.getUTCDate()}/${signed.getUTCFullYear()}`,
      `"$${Math.floor(fee / 1_000)},${String(fee % 1_000).padStart(3, '0')}"`,
      `${Math.floor(100 * next())} %`,
      `town ${town}`,
      words.join(' '),
      'always',
      price.toFixed(2),
    ].join(',');
  });
  return `customer_id,reference,at,signed,fee,share,town,remarks,same,price\n${lines.join('\n')}\n`;
}

describe('columns of which nothing is said', () => {
  it.each(['linear', 'trees'])(
    'each have an encoding that suits them, which is said: %s',
    async (estimator) => {
      const project = await temporaryProject();
      try {
        const host = await project.open([dataPlugin, trackingPlugin, trainingPlugin]);
        await writeFile(join(project.dir, 'rows.csv'), table(800));
        await host.run(dataAdd, { path: 'rows.csv', name: 'rows' }, { surface: 'cli' });
        const result = await host.run(trainOperation, { data: 'rows', target: 'price', estimator });
        const encoding = Object.fromEntries((result.features ?? []).map((one) => [one.name, one.encoding]));
        expect(result.features?.map(({ name, type }) => [name, type])).toEqual([
          ['at', 'timestamp'],
          ['signed', 'timestamp'],
          ['fee', 'number'],
          ['share', 'number'],
          ['town', 'category'],
          ['remarks', 'category'],
        ]);
        expect(encoding.at).toMatch(/in the year .*in the week .*in the day/);
        expect(encoding.signed).toMatch(/^read from texts such as 01\/31\/2024.*in the year .*in the week/);
        expect(encoding.signed).not.toMatch(/in the day/);
        expect(encoding.fee).toMatch(/^read from texts such as \$1,234.50; number/);
        expect(encoding.share).toMatch(/^read from texts such as 12.5 %; number/);
        expect(encoding.town).toMatch(
          estimator === 'linear' ? /a column for each of \d+.*how frequent its value is/ : /in sets of \d+/,
        );
        expect(encoding.remarks).toMatch(/^text: 12 words/);
        expect(result.leftOut).toEqual([
          { name: 'customer_id', reason: expect.stringContaining('like an identifier') },
          { name: 'reference', reason: expect.stringContaining('like an identifier') },
          { name: 'same', reason: 'it is always the same' },
        ]);
        expect(result.metrics.test.r2).toBeGreaterThan(0.8);
        const training = await host.service(trainingToken);
        const model = await openModel(await training.modelBytes(await training.run(result.run)));
        expect(await model.verify()).toMatchObject({ verified: true });
        const row = { at: '2023-05-06T20:00:00Z', town: 'town 3', remarks: 'hail on the roof' };
        const [written, numbers] = await model.predict([
          { ...row, signed: '4/16/2023', fee: '$2,500', share: '20%' },
          { ...row, signed: Date.UTC(2023, 3, 16), fee: 2_500, share: 20 },
        ]);
        expect(written).toEqual(numbers);
        await expect(model.predict([{ ...row, fee: 'two thousand' }])).rejects.toMatchObject({
          details: { field: 'fee', reason: expect.stringContaining('written as $1,234.50') },
        });
        const compared = await training.compare(host.context(trainOperation), {
          models: [await training.modelBytes(await training.run(result.run))],
          spec: (await training.run(result.run)).spec,
        });
        expect(compared.metrics[0]?.r2).toBeGreaterThan(0.8);
      } finally {
        await project.remove();
      }
    },
  );
});
