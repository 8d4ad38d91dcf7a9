import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Host, journalToken } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataAdd, dataPlugin, dataQuery, dataShow, dataTag } from '../index.ts';

describe('a tag', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin]);
    for (const csv of ['a\n1\n', 'a\n1\n2\n']) {
      await writeFile(join(project.dir, 'a.csv'), csv);
      await host.run(dataAdd, { path: 'a.csv', name: 'things' }, { surface: 'cli' });
    }
  });
  afterEach(() => project.remove());

  it('stands for its version wherever a reference does', async () => {
    await host.run(dataTag, { name: 'things@1', tag: 'gold' });
    expect(await host.run(dataShow, { name: 'things@gold' })).toMatchObject({ version: 1 });
    const { rows } = await host.run(dataQuery, { sql: 'SELECT count(*) AS n FROM "things@gold"' });
    expect(rows).toEqual([{ n: 1 }]);
  });

  it('moves, and the log tells from where', async () => {
    await host.run(dataTag, { name: 'things@1', tag: 'gold' });
    expect(await host.run(dataTag, { name: 'things', tag: 'gold' })).toMatchObject({
      version: 2,
      previous: 1,
    });
    await host.run(dataTag, { name: 'things', tag: 'gold' });
    const events = await (await host.service(journalToken)).read({ types: ['dataset.tagged'] });
    expect(events.map((event) => event.payload.previous)).toEqual([null, 1]);
  });

  it.each(['latest', '7', 'a b', ''])('is not called "%s"', async (tag) => {
    await expect(host.run(dataTag, { name: 'things', tag })).rejects.toMatchObject({
      code: 'TRS_KERNEL_INPUT_INVALID',
    });
  });

  it('that is not there is named', async () => {
    await expect(host.run(dataShow, { name: 'things@gild' })).rejects.toMatchObject({
      code: 'TRS_DATA_UNKNOWN_VERSION',
      message: expect.stringContaining('"gild"'),
    });
  });
});
