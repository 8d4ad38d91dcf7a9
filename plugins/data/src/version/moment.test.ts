import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { datasetsToken } from '@trestle/contracts';
import type { Host } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataAdd, dataDiff, dataGc, dataPlugin, dataQuery, dataShow, dataTag } from '../index.ts';

describe('a reference to a moment', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin]);
    for (const rows of ['1', '1\n2', '1\n2\n3']) {
      await writeFile(join(project.dir, 'a.csv'), `id\n${rows}\n`);
      await host.run(dataAdd, { path: 'a.csv', name: 'birds' }, { surface: 'cli' });
    }
    // As if they had been added on three days of the past.
    const made = ['2025-03-01T12:00:00.000Z', '2025-03-02T12:00:00.000Z', '2025-03-05T12:00:00.000Z'];
    const metadata = await host.service(metadataToken);
    for (const [index, created_at] of made.entries())
      await metadata.write<{ dataset_versions: { version: number; created_at: string } }, void>(
        async (db) => {
          await db
            .updateTable('dataset_versions')
            .set({ created_at })
            .where('version', '=', index + 1)
            .execute();
        },
      );
  });
  afterEach(() => project.remove());

  it.each([
    ['2025-03-02', 1],
    ['2025-03-02T12:00:00Z', 2],
    ['2025-03-02T11:59:59.999Z', 1],
    ['2025-03-02T12:30+01:00', 1],
    ['2025-03-02T14:00:00+01:00', 2],
    ['2025-03-04', 2],
    ['2025-03-06', 3],
    ['2025-12-31T23:59Z', 3],
  ])('%s means the version that was the newest then', async (moment, version) => {
    expect(await host.run(dataShow, { name: `birds@${moment}` })).toMatchObject({ version });
  });

  it('stands wherever a version can be named', async () => {
    const sql =
      'SELECT (SELECT count(*) FROM "birds@2025-03-04T00:00:00Z") AS before, count(*) AS now FROM birds';
    expect((await host.run(dataQuery, { sql })).rows).toEqual([{ before: 2, now: 3 }]);
    const { rows } = await host.run(dataDiff, { from: 'birds@2025-03-02', to: 'birds@2025-03-06' });
    expect(rows.added).toBe(2);
    const datasets = await host.service(datasetsToken);
    expect(await datasets.resolve('birds@2025-03-04')).toMatchObject({ version: 2 });
  });

  it('is a tag where there is one of that name', async () => {
    await host.run(dataTag, { name: 'birds@3', tag: '2025-03-02' });
    expect(await host.run(dataShow, { name: 'birds@2025-03-02' })).toMatchObject({ version: 3 });
  });

  it('says that there was none yet, and when the first came', async () => {
    await expect(host.run(dataShow, { name: 'birds@2025-03-01' })).rejects.toMatchObject({
      code: 'TRS_DATA_UNKNOWN_VERSION',
      message: 'The dataset "birds" had no version at 2025-03-01.',
      hint: 'Its first, birds@1, was made at 2025-03-01T12:00:00.000Z.',
    });
    await expect(host.run(dataShow, { name: 'bird@2025-03-01' })).rejects.toMatchObject({
      code: 'TRS_DATA_UNKNOWN_DATASET',
      message: expect.stringContaining('Did you mean "birds"?'),
    });
  });

  it('does not guess where the version may have been let go of', async () => {
    await host.run(dataGc, { keep: 1 });
    expect(await host.run(dataShow, { name: 'birds@2025-03-06' })).toMatchObject({ version: 3 });
    await expect(host.run(dataShow, { name: 'birds@2025-03-04' })).rejects.toMatchObject({
      code: 'TRS_DATA_VERSION_RETIRED',
      message: expect.stringContaining('birds@1, birds@2'),
    });
  });

  it.each([
    ['2025-02-30', 'TRS_DATA_MOMENT'],
    ['2025-03-01T12:00:00', 'TRS_DATA_MOMENT'],
    ['2025-03-01T25:00:00Z', 'TRS_DATA_MOMENT'],
    ['2025-03-01T', 'TRS_DATA_MOMENT'],
    ['9999-01-01', 'TRS_DATA_MOMENT'],
    ['2025-03', 'TRS_DATA_UNKNOWN_VERSION'],
    ['2025-03-01 12:00', 'TRS_REFERENCE_INVALID'],
    ['2025-03-01T12:00:00Z@1', 'TRS_REFERENCE_INVALID'],
  ])('refuses %j', async (moment, code) => {
    await expect(host.run(dataShow, { name: `birds@${moment}` })).rejects.toMatchObject({
      code,
      hint: expect.any(String),
    });
  });
});
