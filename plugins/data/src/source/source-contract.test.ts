import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { invariant } from '@trestle/kernel';
import { ownSources } from '@trestle/tables';
import { type SourceUnderTest, sourceContract } from '@trestle/testing';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { afterAll, beforeAll, vi } from 'vitest';
import writeExcelFile from 'write-excel-file/node';
import { CREDENTIALS, type S3Double, startS3Double } from './s3/s3-double.test.setup.ts';

const SECRET = 'canary-5513';
const limits = { allowPrivateHosts: ['127.0.0.1'] };

let dir: string;
let server: Server;
let s3: S3Double;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trestle-own-'));
  server = createServer((request, response) =>
    response.writeHead(request.url?.startsWith('/rows.csv') ? 200 : 404).end('a,b\n1,2\n'),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  s3 = await startS3Double(10);
  s3.objects.set('bucket/rows/a.csv', 'a\n1\n');
  s3.objects.set('bucket/rows/b.csv', 'a\n2\n');
  vi.stubEnv('AWS_ACCESS_KEY_ID', CREDENTIALS.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', CREDENTIALS.secretAccessKey);
  vi.stubEnv('AWS_ENDPOINT_URL', s3.url);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  server.close();
  s3.close();
  await rm(dir, { recursive: true, force: true });
});

const base = (): string => {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
};
const file = async (name: string, content: Uint8Array | string): Promise<{ path: string }> => {
  await writeFile(join(dir, name), content);
  return { path: join(dir, name) };
};

const SUBJECTS: Readonly<Record<string, SourceUnderTest | undefined>> = {
  http: {
    asked: async () => ({ path: `${base()}/rows.csv?token=${SECRET}` }),
    missing: async () => ({ path: `${base()}/none.csv?token=${SECRET}` }),
    secret: SECRET,
    limits,
  },
  s3: {
    asked: async () => ({ path: 's3://bucket/rows/' }),
    missing: async () => ({ path: 's3://bucket/none/' }),
    secret: CREDENTIALS.secretAccessKey,
    limits,
    sources: ownSources,
  },
  arrow: {
    asked: async () =>
      await file('a.arrow', tableToIPC(tableFromArrays({ a: [1, 2, 3], b: ['x', 'y', 'z'] }), 'file')),
    missing: async () => await file('none.arrow', 'not an Arrow file'),
    columns: ['a', 'b'],
    rows: 3,
  },
  excel: {
    asked: async () => {
      const path = join(dir, 'a.xlsx');
      await writeExcelFile([
        [{ value: 'a' }, { value: 'b' }],
        [{ value: 1 }, { value: 'x' }],
      ]).toFile(path);
      return { path };
    },
    missing: async () => await file('none.xlsx', 'not a workbook'),
    columns: ['a', 'b'],
    rows: 1,
  },
  sqlite: {
    asked: async () => {
      const path = join(dir, 'a.sqlite');
      const database = new DatabaseSync(path);
      database.exec('CREATE TABLE IF NOT EXISTS t AS SELECT 1 AS a, 2.5 AS b UNION ALL SELECT 2, 3.5');
      database.close();
      return { path };
    },
    missing: async () => await file('none.sqlite', 'not a database'),
    columns: ['a', 'b'],
    rows: 2,
  },
  postgres: databaseAt(process.env.TRESTLE_TEST_POSTGRES),
  mysql: databaseAt(process.env.TRESTLE_TEST_MYSQL),
};

function databaseAt(path: string | undefined): SourceUnderTest | undefined {
  return path === undefined
    ? undefined
    : {
        asked: async () => ({ path, query: "SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, 'y'" }),
        missing: async () => ({ path, query: 'SELECT * FROM no_such_table' }),
        columns: ['a', 'b'],
        rows: 2,
      };
}

for (const source of ownSources) {
  const subject = SUBJECTS[source.name];
  // Where no server of a database is named, databases.test.ts says so.
  if (/^(postgres|mysql)$/.test(source.name) && !subject) continue;
  sourceContract(source, invariant(subject, `a case for the source ${source.name}`));
}
