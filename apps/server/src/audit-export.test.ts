import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { journalToken } from '@trestle/kernel';
import { auditExport, tokenCreate } from '@trestle/plugin-system';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestServer, testServer } from './server.test.setup.ts';

describe('the audit log over HTTP', () => {
  let it1: TestServer;
  beforeAll(async () => {
    it1 = await testServer();
  });
  afterAll(async () => {
    await it1.stop();
  });

  it('is the file that the command writes, line for line', async () => {
    for (let n = 0; n < 1_050; n += 1) {
      const actor = { principal: { id: 'local:ada' }, operation: 'test.change', requestId: `r-${n}` };
      const event = { type: 'thing.made', subject: `thing:${n}`, payload: { n, text: 'ä\u2028' } };
      await (await it1.host.service(journalToken)).append(actor, event);
    }
    await it1.host.run(tokenCreate, { name: 'reader', scopes: ['audit:read'] });
    const { events } = await it1.host.run(auditExport, { out: 'audit.jsonl' }, { surface: 'cli' });
    const response = await it1.get('/v1/audit/export');
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'application/x-ndjson; charset=utf-8',
    ]);
    const text = await response.text();
    expect(events).toBeGreaterThan(1_050);
    const file = await readFile(join(it1.project.dir, 'audit.jsonl'), 'utf8');
    // What was recorded since stands behind it.
    expect(text.slice(0, file.length)).toBe(file);
    expect(text.endsWith('\n')).toBe(true);
  });
});
