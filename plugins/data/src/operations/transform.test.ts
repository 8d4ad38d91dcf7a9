import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryProject } from '@trestle/testing';
import { expect, it } from 'vitest';
import { dataAdd, dataPlugin, dataTransform } from '../index.ts';

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
