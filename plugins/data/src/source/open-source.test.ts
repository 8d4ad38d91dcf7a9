import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { datasetsToken } from '@trestle/contracts';
import { type Host, journalToken } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataAdd, dataList, dataPlugin } from '../index.ts';

const CANARY = 'canary-77120934';

let project: TemporaryProject;
let host: Host;

beforeEach(async () => {
  project = await temporaryProject();
  host = await project.open([dataPlugin], { env: { TRESTLE_DATA__ALLOW_PRIVATE_HOSTS: '["127.0.0.1"]' } });
});
afterEach(() => project.remove());

async function served(content: string): Promise<{ server: Server; url: string }> {
  const server = createServer((_request, response) => response.end(content)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` };
}

describe('a file that is read for somebody', () => {
  const read = async (name: string, content: string) => {
    await writeFile(join(project.dir, name), content);
    const datasets = await host.service(datasetsToken);
    const ctx = host.context(dataAdd, { surface: 'cli' });
    const types = new Map([
      ['c', 'string'],
      ['x', 'number'],
      ['absent', 'string'],
    ] as const);
    const rows: unknown[] = [];
    for await (const { columns } of datasets.readFile(ctx, name, { types }))
      rows.push(...(columns.c?.values ?? []));
    return rows;
  };

  it.each(['NO', '12:30', '1E5', '1.10', 'T', '2024-01-05', '007', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'])(
    'has the text %s as it is written, alone and among others',
    async (text) => {
      expect(await read('one.csv', `c,x\n${text},1\n`)).toEqual([text]);
      expect(await read('two.csv', `c,x\n${text},1\nbeta,2\n`)).toEqual([text, 'beta']);
      expect(await read('one.jsonl', `${JSON.stringify({ c: text, x: 1 })}\n`)).toEqual([text]);
      expect(await read('one.json', JSON.stringify([{ c: text, x: 1 }]))).toEqual([text]);
    },
  );

  it('is refused where a number is wanted and none stands there', async () => {
    await expect(read('bad.csv', 'c,x\na,1\nb,fast\n')).rejects.toMatchObject({
      code: 'TRS_DATA_BAD_ROWS',
    });
  });
});

describe('a source', () => {
  it('from a signed address keeps the signature nowhere', async () => {
    const { server, url } = await served('x,y\n1,a\n2,b\n');
    try {
      const path = `${url}/rows.csv?signature=${CANARY}`;
      const added = await host.run(dataAdd, { path, name: 'rows' });
      expect(added).toMatchObject({ rows: 2, source: `${url}/rows.csv` });
      const events = await (await host.service(journalToken)).read({ limit: 100 });
      expect(events.length).toBeGreaterThan(1);
      expect(JSON.stringify(events)).not.toContain(CANARY);
    } finally {
      server.close();
    }
  });

  it('that is no address at all is refused by the door', async () => {
    await expect(host.run(dataAdd, { path: 'http://[', name: 'rows' })).rejects.toMatchObject({
      code: 'TRS_DOOR_URL_REFUSED',
    });
  });

  it.each([
    ['an array', '[{"a": 1}, {"a": 2},\n'],
    ['an object', '{"a": 1'],
  ])('of JSON that was cut off in %s is refused', async (_, content) => {
    await writeFile(join(project.dir, 'cut.json'), content);
    await expect(
      host.run(dataAdd, { path: 'cut.json', name: 'cut' }, { surface: 'cli' }),
    ).rejects.toMatchObject({ code: 'TRS_DATA_JSON_CUT_OFF' });
    expect((await host.run(dataList, {})).datasets).toEqual([]);
  });
});
