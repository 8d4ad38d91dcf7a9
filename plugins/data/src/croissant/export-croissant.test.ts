import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataAdd, dataExport, dataPlugin, dataQuery, dataShow } from '../index.ts';

const COLUMNS = ['id', 'speed, "IAS"', 'hit', 'day', '🦆 notes'];
const PUBLICATION = {
  license: 'CC0-1.0',
  creator: 'US FAA',
  url: 'https://example.org/strikes',
  description: 'Strikes of birds.',
};

let project: TemporaryProject;
let host: Host;
beforeEach(async () => {
  project = await temporaryProject();
  host = await project.open([dataPlugin]);
  const header = COLUMNS.map((name) => `"${name.replaceAll('"', '""')}"`).join(',');
  await writeFile(join(project.dir, 'a.csv'), `${header}\n1,2.5,true,2001-02-03,x\n2,,false,2002-01-01,y\n`);
  await writeFile(join(project.dir, 'b.csv'), `${header}\n3,1.5,true,2003-02-03,z\n`);
  await host.run(dataAdd, { path: 'a.csv', name: 'strikes' }, { surface: 'cli' });
  await host.run(dataAdd, { path: 'b.csv', name: 'strikes', append: true }, { surface: 'cli' });
});
afterEach(() => project.remove());

const exported = (options = {}) =>
  host.run(dataExport, { name: 'strikes', path: 'out', format: 'croissant', ...options }, { surface: 'cli' });
const read = (name: string): Promise<Buffer> => readFile(join(project.dir, name));
const document = async (dir = 'out') => JSON.parse(String(await read(`${dir}/croissant.json`)));

describe('an export as Croissant', () => {
  it('is the document of the specification, 1.0', async () => {
    expect(await exported(PUBLICATION)).toEqual({ path: 'out', rows: 3, missing: [] });
    const { createdAt } = await host.run(dataShow, { name: 'strikes@1' });
    const { createdAt: modifiedAt } = await host.run(dataShow, { name: 'strikes@2' });
    const file = await read('out/strikes.parquet');
    const { '@context': context, ...described } = await document();
    const field = (id: string, name: string, dataType: string) => ({
      '@type': 'cr:Field',
      '@id': id,
      name,
      dataType,
      source: { fileObject: { '@id': 'strikes.parquet' }, extract: { column: name } },
    });
    expect(described).toEqual({
      '@type': 'sc:Dataset',
      conformsTo: 'http://mlcommons.org/croissant/1.0',
      name: 'strikes',
      description: 'Strikes of birds.',
      license: 'https://spdx.org/licenses/CC0-1.0.html',
      url: 'https://example.org/strikes',
      creator: { '@type': 'sc:Organization', name: 'US FAA' },
      version: '2.0.0',
      dateCreated: createdAt,
      dateModified: modifiedAt,
      datePublished: modifiedAt,
      distribution: [
        {
          '@type': 'cr:FileObject',
          '@id': 'strikes.parquet',
          name: 'strikes.parquet',
          contentUrl: 'strikes.parquet',
          contentSize: `${file.byteLength} B`,
          encodingFormat: 'application/vnd.apache.parquet',
          sha256: createHash('sha256').update(file).digest('hex'),
        },
      ],
      recordSet: [
        {
          '@type': 'cr:RecordSet',
          '@id': 'rows',
          name: 'rows',
          field: [
            field('rows/id', 'id', 'sc:Integer'),
            field('rows/speed%2C%20%22IAS%22', 'speed, "IAS"', 'sc:Float'),
            field('rows/hit', 'hit', 'sc:Boolean'),
            field('rows/day', 'day', 'sc:DateTime'),
            field('rows/%F0%9F%A6%86%20notes', '🦆 notes', 'sc:Text'),
          ],
        },
      ],
    });
    // Every term that schema.org does not have leads to the vocabulary that has it.
    expect(context).toMatchObject({
      '@vocab': 'https://schema.org/',
      cr: 'http://mlcommons.org/croissant/',
      conformsTo: 'dct:conformsTo',
      recordSet: 'cr:recordSet',
      field: 'cr:field',
      source: 'cr:source',
      extract: 'cr:extract',
      column: 'cr:column',
      fileObject: 'cr:fileObject',
      dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
    });
  });

  it('holds the rows of all parts, under the names of its fields', async () => {
    await exported();
    await host.run(dataAdd, { path: 'out/strikes.parquet', name: 'again' }, { surface: 'cli' });
    const { rows } = await host.run(dataQuery, { sql: 'SELECT * FROM again ORDER BY id' });
    expect(rows.map((row) => row.id)).toEqual([1, 2, 3]);
    const { recordSet } = await document();
    expect(recordSet[0].field.map((one: { name: string }) => one.name)).toEqual(Object.keys(rows[0] ?? {}));
  });

  it('says what nobody told, describes what it knows, and invents nothing', async () => {
    expect(await exported()).toMatchObject({ missing: ['license', 'creator', 'url'] });
    const described = await document();
    expect(described.description).toBe('Version 2 of the dataset strikes: 3 rows in 5 columns.');
    for (const name of ['license', 'creator', 'url']) expect(described).not.toHaveProperty(name);
  });

  it('is the same document for the same version', async () => {
    await exported();
    await exported({ path: 'again', name: 'strikes@2' });
    expect(await document('again')).toEqual(await document());
  });

  it('is whole or not there, and does not overwrite', async () => {
    await exported();
    await expect(exported()).rejects.toMatchObject({ code: 'TRS_DATA_EXISTS', kind: 'conflict' });
    expect((await readdir(project.dir)).filter((name) => name.startsWith('out'))).toEqual(['out']);
    await expect(exported({ path: 'a.csv' })).rejects.toMatchObject({ code: 'TRS_DATA_EXISTS' });
  });
});

describe('a format that is said', () => {
  it('counts more than the name of the file', async () => {
    await host.run(dataExport, { name: 'strikes@1', path: 'rows.txt', format: 'tsv' }, { surface: 'cli' });
    expect(String(await read('rows.txt')).split('\n')[1]).toBe('1\t2.5\ttrue\t2001-02-03 00:00:00\tx');
  });
});
