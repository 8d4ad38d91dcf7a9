import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { type Guide, openGuide } from './guide.test.setup.ts';

const { TRESTLE_TEST_POSTGRES: url } = process.env;
const why = url === undefined ? ' (not run: no database that lets us in, in TRESTLE_TEST_POSTGRES)' : '';
const schema = `trestle_test_${randomUUID().slice(0, 8)}`;

describe.skipIf(url === undefined)(`the guide to a project on Postgres${why}`, () => {
  let guide: Guide;
  afterAll(async () => {
    vi.unstubAllEnvs();
    await guide?.remove();
    await promisify(execFile)('psql', [String(url), '-qc', `DROP SCHEMA IF EXISTS "${schema}" CASCADE`]);
  });

  it('is so: its commands print what it says', async () => {
    vi.stubEnv('DATABASE_URL', url);
    vi.stubEnv('TRESTLE_POSTGRES__SCHEMA', schema);
    guide = await openGuide('guides/postgres.md');
    expect(await guide.types(['trestle.config.ts'])).toBe('');
    expect(await guide.printed()).toMatch(guide.says);
  });
});
