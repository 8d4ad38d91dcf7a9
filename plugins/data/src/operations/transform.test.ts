import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryProject } from '@trestle/testing';
import { expect, it } from 'vitest';
import { dataAdd, dataList, dataPlugin, dataTransform } from '../index.ts';

it('takes a query of the files folder from a caller of the server, and never a module', async () => {
  const project = await temporaryProject();
  const host = await project.open([dataPlugin]);
  await mkdir(join(project.dir, 'files'));
  for (const [file, text] of Object.entries({
    'birds.csv': 'id\n1\n2\n',
    'big.sql': 'FROM birds WHERE id > 1',
    'step.ts': 'throw new Error("it ran")',
  }))
    await writeFile(join(project.dir, 'files', file), text);
  await host.run(dataAdd, { path: 'birds.csv', name: 'birds' }, { surface: 'http' });
  const made = await host.run(dataTransform, { file: 'big.sql' }, { surface: 'http' });
  expect(made).toMatchObject({ dataset: 'big', rows: 1, cached: false });
  for (const file of ['step.ts', '../files/step.ts', 'step.mjs'])
    await expect(host.run(dataTransform, { file, from: 'birds' }, { surface: 'http' })).rejects.toMatchObject(
      { code: 'TRS_DATA_MODULE_REFUSED', kind: 'denied' },
    );
  await project.remove();
});

it('ends the query of a caller of the server at its deadline, and makes nothing', async () => {
  const project = await temporaryProject();
  await writeFile(join(project.dir, 'trestle.config.json'), '{"data": {"transformTimeoutMs": 500}}');
  const host = await project.open([dataPlugin]);
  await mkdir(join(project.dir, 'files'));
  const endless =
    'SELECT count(*) AS n FROM range(100000000) a, range(100000000) b WHERE a.range + b.range = -1';
  await writeFile(join(project.dir, 'files', 'endless.sql'), endless);
  await writeFile(join(project.dir, 'files', 'short.sql'), 'SELECT 1 AS n');
  await expect(host.run(dataTransform, { file: 'endless.sql' }, { surface: 'http' })).rejects.toMatchObject({
    code: 'TRS_DATA_QUERY_TIMEOUT',
    kind: 'refused',
  });
  expect((await host.run(dataList, {})).datasets).toEqual([]);
  expect(await host.run(dataTransform, { file: 'short.sql' }, { surface: 'http' })).toMatchObject({
    rows: 1,
  });
  await project.remove();
});
