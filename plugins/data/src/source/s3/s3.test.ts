import { type Host, journalToken } from '@trestle/kernel';
import { lineageToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dataAdd, dataList, dataPlugin, dataQuery } from '../../index.ts';
import { CREDENTIALS, type S3Double, startS3Double } from './s3-double.test.setup.ts';

const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

let project: TemporaryProject;
let host: Host;
let s3: S3Double;
beforeEach(async () => {
  s3 = await startS3Double(2);
  vi.stubEnv('AWS_ENDPOINT_URL', s3.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', CREDENTIALS.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', CREDENTIALS.secretAccessKey);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  project = await temporaryProject();
  await open();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await project.remove();
  s3.close();
});

const open = async (env: Record<string, string> = {}): Promise<void> => {
  host = await project.open([dataPlugin], { env });
};
const put = (objects: Readonly<Record<string, string | Uint8Array>>): void => {
  for (const [key, content] of Object.entries(objects)) s3.objects.set(`bucket/${key}`, content);
};
const add = (path: string, surface: 'cli' | 'http' = 'cli') =>
  host.run(dataAdd, { path, name: 'things' }, { surface });
const rows = async () => (await host.run(dataQuery, { sql: 'SELECT * FROM things' })).rows;
const addsNothing = async (path: string, error: object): Promise<void> => {
  await expect(add(path)).rejects.toMatchObject(error);
  expect((await host.run(dataList, {})).datasets).toEqual([]);
};

describe('an S3 object', () => {
  it.each(['folder/rows.csv', 'a b+c.csv'])(
    '%s is read with a signed address that is kept nowhere',
    async (key) => {
      put({ [key]: 'x\n1\n2\n' });
      expect(await add(`s3://bucket/${key}`)).toMatchObject({ rows: 2, source: `s3://bucket/${key}` });
      expect(s3.asked).toHaveLength(1);
      const events = JSON.stringify(await (await host.service(journalToken)).read({ limit: 100 }));
      expect(events).not.toMatch(/canary-secret|X-Amz|AKIDEXAMPLE/);
      await expect(add(`s3://bucket/${key}`, 'http')).rejects.toMatchObject({
        code: 'TRS_DATA_SOURCE_REFUSED',
      });
    },
  );

  it('without credentials, and without a key, says what is missing', async () => {
    await addsNothing('s3://bucket', { code: 'TRS_DATA_S3' });
    vi.stubEnv('AWS_ACCESS_KEY_ID', '');
    await addsNothing('s3://bucket/key.csv', { code: 'TRS_DATA_S3' });
  });
});

describe('an S3 prefix', () => {
  it('becomes a part for each object, in the order of their keys, however many listings that takes', async () => {
    for (let k = 0; k < 7; k++) put({ [`in/${6 - k}.csv`]: `x\n${6 - k}\n` });
    put({ 'in/_SUCCESS': '', 'in/.hidden.csv': 'q\n', 'in/folder/': '', 'other.csv': 'q\n1\n' });
    const added = await add('s3://bucket/in/');
    expect(added).toMatchObject({ rows: 7, source: 's3://bucket/in/' });
    expect((await rows()).map((row) => row.x)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(await (await host.service(lineageToken)).into('dataset:things@1')).toHaveLength(7);
    expect(s3.asked.filter((asked) => asked.startsWith('/bucket/?'))).toHaveLength(5);
  });

  it.each([
    ['s3://bucket/in/*.csv', [1]],
    ['s3://bucket/in/**/*.csv', [1, 2, 3]],
    ['s3://bucket/in/{a,b c+é}/?.csv', [2, 3]],
    ['s3://bucket/*/[a-z]/*.csv', [2]],
  ])('may be the glob %s', async (path, found) => {
    put({ 'in/1.csv': 'x\n1\n', 'in/a/2.csv': 'x\n2\n', 'in/b c+é/3.csv': 'x\n3\n', 'in/x.json': '{' });
    await add(path);
    expect((await rows()).map((row) => row.x)).toEqual(found);
  });

  it('may be one object whose key looks like a glob', async () => {
    put({ 'a[1].csv': 'x\n1\n', 'a1.csv': 'x\n2\n' });
    await add('s3://bucket/a[1].csv');
    expect(await rows()).toEqual([{ x: 1 }]);
  });

  it('with images becomes rows, with labels from the names of folders', async () => {
    put({ 'birds/gull/1.gif': GIF, 'birds/crow/1.gif': GIF });
    await add('s3://bucket/birds/');
    expect(await rows()).toMatchObject([
      { file: 'crow/1.gif', label: 'crow', width: 1 },
      { file: 'gull/1.gif', label: 'gull' },
    ]);
  });

  it.each([
    ['other columns', { 'in/2.csv': 'x,y\n1,2\n' }, 'TRS_DATA_COLUMNS_DIFFER', '"s3://bucket/in/2.csv"'],
    ['a bad row', { 'in/2.csv': 'x\n1\n2,3\n' }, 'TRS_DATA_BAD_ROWS', '"s3://bucket/in/2.csv"'],
    ['what is no Parquet', { 'in/2.parquet': 'no' }, 'TRS_DATA_UNREADABLE', '"s3://bucket/in/2.parquet"'],
  ])('is refused for %s, by its object', async (_, objects, code, named) => {
    put({ 'in/1.csv': 'x\n1\n', ...objects });
    await addsNothing('s3://bucket/in/', { code, message: expect.stringContaining(named) });
  });

  it('of nothing, and of several kinds, is refused before anything is fetched', async () => {
    put({ 'in/1.csv': 'x\n1\n', 'in/1.gif': GIF });
    await addsNothing('s3://bucket/nothing/', { code: 'TRS_DATA_EMPTY' });
    await addsNothing('s3://bucket/in/', { code: 'TRS_DATA_FOLDER_MIXED' });
    expect(s3.asked.every((asked) => asked.startsWith('/bucket/?'))).toBe(true);
  });

  it('of more than there may be is refused before anything is fetched', async () => {
    await open({ TRESTLE_DATA__MAX_SOURCE_BYTES: '5' });
    put({ 'in/1.csv': 'x\n1\n', 'in/2.csv': 'x\n2\n' });
    await addsNothing('s3://bucket/in/', { code: 'TRS_DATA_TOO_LARGE', details: { bytes: 8 } });
    expect(s3.asked).toHaveLength(1);
  });

  it('does not lead into another bucket by the key of an object', async () => {
    put({ '../secret/a.csv': 'x\n1\n' });
    s3.objects.set('secret/a.csv', 'x\n7\n');
    await addsNothing('s3://bucket/../', { code: 'TRS_DATA_S3' });
    expect(s3.asked).toHaveLength(1);
  });

  it('of which an object went away meanwhile is refused', async () => {
    put({ 'in/1.csv': 'x\n1\n', 'in/2.csv': 'x\n2\n' });
    s3.rewrite = (xml) => {
      s3.objects.delete('bucket/in/2.csv');
      return xml;
    };
    await addsNothing('s3://bucket/in/', { code: 'TRS_DOOR_FETCH_FAILED' });
  });

  it.each([
    ['answers with something else', () => '<html></html>'],
    [
      'says for ever that there is more',
      () =>
        '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>',
    ],
    ['says that there is more, and not how', (xml: string) => xml.replace(/<NextC.*Token>/, '')],
  ])('on a server that %s is refused', async (_, rewrite) => {
    s3.rewrite = rewrite;
    put({ 'in/1.csv': 'x\n1\n', 'in/2.csv': 'x\n2\n', 'in/3.csv': 'x\n3\n' });
    await addsNothing('s3://bucket/in/', { code: 'TRS_DATA_S3' });
  });

  it('on a server that encodes no keys is read', async () => {
    put({ 'in/a&b.csv': 'x\n1\n' });
    s3.rewrite = (xml) =>
      xml
        .replace('<EncodingType>url</EncodingType>', '')
        .replace(/<Key>.*<\/Key>/, '<Key>in/a&amp;b.csv</Key>');
    expect(await add('s3://bucket/in/')).toMatchObject({ rows: 1 });
  });

  it('of a bucket that the owner of the server did not allow is refused', async () => {
    put({ 'in/1.csv': 'x\n1\n' });
    await expect(add('s3://bucket/in/', 'http')).rejects.toMatchObject({ code: 'TRS_DATA_SOURCE_REFUSED' });
    expect(s3.asked).toEqual([]);
    await open({ TRESTLE_DATA__ALLOW_SOURCES: '["s3://bucket"]' });
    expect(await add('s3://bucket/in/', 'http')).toMatchObject({ rows: 1 });
  });
});
