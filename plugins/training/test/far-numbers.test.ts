import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { trainingToken } from '@trestle/contracts';
import { openModel } from '@trestle/model';
import { dataAdd, dataPlugin } from '@trestle/plugin-data';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { temporaryProject } from '@trestle/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { trainingPlugin, trainOperation } from '../src/index.ts';

const list = z.array(z.number());
// Made by fixtures/far-numbers.py with scikit-learn 1.2.1: a ridge regression on the same design, in float64.
const cases = z
  .record(z.string(), z.object({ x: list, y: list, predicted: list, scale: z.number() }))
  .parse(JSON.parse(readFileSync(new URL('./fixtures/far-numbers.json', import.meta.url), 'utf8')));

describe('numbers that float32 cannot tell apart', () => {
  it.each(Object.entries(cases))(
    'are learnt and predicted as scikit-learn does: %s',
    async (_name, found) => {
      const project = await temporaryProject();
      try {
        const host = await project.open([dataPlugin, trackingPlugin, trainingPlugin]);
        const lines = found.x.map((x, row) => `${row},${x},${found.y[row]}`);
        await writeFile(join(project.dir, 'rows.csv'), `t,x,y\n${lines.join('\n')}\n`);
        await host.run(dataAdd, { path: 'rows.csv', name: 'rows' }, { surface: 'cli' });
        const { run, split } = await host.run(trainOperation, {
          data: 'rows',
          target: 'y',
          timeColumn: 't',
          estimator: 'linear',
          refit: 'no',
        });
        expect(split).toMatchObject({ boundary: '160', testRows: 40 });
        const training = await host.service(trainingToken);
        const model = await openModel(await training.modelBytes(await training.run(run)));
        const rows = found.x.slice(-40).map((x) => ({ x }));
        const answers = await model.predict(rows);
        for (const [row, { value }] of answers.entries())
          expect(Math.abs(Number(value) - (found.predicted[row] ?? Number.NaN))).toBeLessThan(
            1e-4 * found.scale,
          );
        // One row alone is answered as among others.
        expect((await model.predict(rows.slice(7, 8)))[0]).toEqual(answers[7]);
      } finally {
        await project.remove();
      }
    },
  );
});
