import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipelinePlugin, pipelineRun } from '@trestle/plugin-pipeline';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dataAdd, dataPlugin, dataQuery, pointInTime } from '../index.ts';

// Several tests share two cores.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const DAY = 86_400_000;
const day = (n: number): string => new Date(n * DAY).toISOString();

describe('a point-in-time join', () => {
  let project: TemporaryProject;
  beforeEach(async () => {
    project = await temporaryProject();
  });
  afterEach(() => project.remove());

  it('gives each row the newest value that was known, as looking at every pair does', async () => {
    const joined = pointInTime({
      events: 'orders',
      at: 'at',
      features: 'prices',
      knownAt: 'since',
      on: ['item'],
      take: ['price'],
      maxAgeSeconds: 5 * 86_400,
    });
    const pipelines = [{ name: 'p', steps: { joined } }];
    await writeFile(join(project.dir, 'trestle.config.json'), JSON.stringify({ data: { pipelines } }));
    const host = await project.open([dataPlugin, trackingPlugin, pipelinePlugin]);
    const [orders = [], prices = []] = fc.sample(
      fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 30 })), {
        minLength: 20,
        maxLength: 40,
        selector: (pair) => pair.join(),
      }),
      2,
    );
    const write = async (name: string, lines: readonly string[]): Promise<void> => {
      await writeFile(join(project.dir, `${name}.csv`), `${lines.join('\n')}\n`);
      await host.run(dataAdd, { path: `${name}.csv`, name }, { surface: 'cli' });
    };
    await write('orders', ['item,at', ...orders.map(([item, n]) => `${item},${day(n)}`)]);
    await write('prices', ['item,since,price', ...prices.map(([item, n], i) => `${item},${day(n)},${i}`)]);
    await host.run(pipelineRun, { name: 'p' });
    const { rows } = await host.run(dataQuery, { sql: 'SELECT price FROM "p.joined"' });
    const expected = orders.map(([item, at]) => {
      const known = prices
        .map(([of, since], price) => ({ of, since, price }))
        .filter((one) => one.of === item && one.since <= at);
      const newest = known.toSorted((a, b) => b.since - a.since)[0];
      return newest && at - newest.since <= 5 ? newest.price : null;
    });
    expect(rows.map((row) => row.price)).toEqual(expected);
  });
});
