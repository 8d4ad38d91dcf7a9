import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataAdd, dataPlugin, dataProfile, dataQuery } from '../../index.ts';

const MIB = 2 ** 20;
/** The beginning of a PNG of 300 x 200; what follows is noise, which nothing here decodes. */
const HEADER = Buffer.from('89504e470d0a1a0a0000000d494844520000012c000000c8080200000000000000', 'hex');
const image = (): Buffer => Buffer.concat([HEADER, randomBytes(MIB)]);

describe('a folder with more images than the engine may hold', () => {
  let project: TemporaryProject;
  beforeEach(async () => {
    project = await temporaryProject();
    await mkdir(join(project.dir, 'photos'));
    for (let k = 100; k < 250; k++) await writeFile(join(project.dir, 'photos', `${k}.png`), image());
  });
  afterEach(() => project.remove());

  it('is added in parts, in the order of their names, and profiled', async () => {
    await writeFile(join(project.dir, 'trestle.config.json'), '{"data": {"memoryMiB": 512}}');
    const host = await project.open([dataPlugin]);
    const added = await host.run(dataAdd, { path: 'photos', name: 'photos' }, { surface: 'cli' });
    expect(added.rows).toBe(150);
    const sql = 'SELECT file, length(image) AS n FROM photos';
    const { rows } = await host.run(dataQuery, { sql });
    expect(rows.map((row) => row.file)).toEqual(Array.from({ length: 150 }, (_, k) => `${100 + k}.png`));
    expect(rows.every((row) => Number(row.n) > (4 / 3) * MIB)).toBe(true);
    const { columns } = await host.run(dataProfile, { name: 'photos' });
    expect(columns.find((column) => column.name === 'image')).toMatchObject({ distinct: 150, nulls: 0 });
  }, 120_000);
});
