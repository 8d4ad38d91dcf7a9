import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tokensToken } from '@trestle/contracts';
import { mayOnSomething } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TemporaryHost, temporaryHost } from '../temporary-host.test.fixture.ts';
import { lifetimeMs } from './manage-tokens.ts';
import type { TokenTables } from './token-migrations.ts';
import { tokenCreate, tokenList, tokenRevoke } from './token-operations.ts';

describe('access tokens', () => {
  let t: TemporaryHost;
  beforeEach(async () => {
    t = await temporaryHost();
  });
  afterEach(() => t.remove());
  const create = (name = 'ci', scopes = ['serving:predict', '*:read']) =>
    t.host.run(tokenCreate, { name, scopes, expires: '30d' });
  const verify = async (text: string) => (await t.host.service(tokensToken)).verify(text);

  it('stand for a principal with their scopes', async () => {
    const principal = await verify((await create()).secret);
    expect(principal).toEqual({ id: 'token:ci', scopes: ['serving:predict', '*:read'] });
    expect(principal && mayOnSomething(principal, 'model:read')).toBe(true);
    expect(principal && mayOnSomething(principal, 'model:write')).toBe(false);
  });

  it('hold 256 random bits, and are not to be guessed, cut or stretched', async () => {
    const { secret: text } = await create();
    expect(Buffer.from(text.slice(4), 'base64url')).toHaveLength(32);
    for (const wrong of [
      '',
      'trs_',
      text.slice(0, -1),
      `${text}A`,
      text.toUpperCase(),
      'x'.repeat(100_000),
    ]) {
      expect(await verify(wrong)).toBeUndefined();
    }
  });

  it('are written nowhere', async () => {
    const { secret: text, id } = await create();
    await t.host.run(tokenRevoke, { token: id });
    expect(JSON.stringify(await t.host.run(tokenList, {}))).not.toContain(text);
    const stateDir = join(t.dir, '.trestle');
    for (const entry of await readdir(stateDir, { withFileTypes: true })) {
      if (entry.isFile()) expect(await readFile(join(stateDir, entry.name), 'latin1')).not.toContain(text);
    }
  });

  it('are worthless once revoked, by id or by name', async () => {
    const first = await create('first');
    const second = await create('second');
    await t.host.run(tokenRevoke, { token: first.id });
    expect(await t.host.run(tokenRevoke, { token: 'second' })).toMatchObject({ state: 'revoked' });
    expect(await verify(first.secret)).toBeUndefined();
    expect(await verify(second.secret)).toBeUndefined();
    await expect(t.host.run(tokenRevoke, { token: 'second' })).rejects.toMatchObject({
      code: 'TRS_SYSTEM_UNKNOWN_TOKEN',
    });
  });

  it('are worthless once expired', async () => {
    const { secret: text, id } = await create();
    const metadata = await t.host.service(metadataToken);
    await metadata.write<TokenTables, void>(async (db) => {
      await db
        .updateTable('system_tokens')
        .set({ expires_at: new Date(Date.now() - 1).toISOString() })
        .execute();
    });
    expect(await verify(text)).toBeUndefined();
    expect((await t.host.run(tokenList, {})).tokens).toMatchObject([{ id, state: 'expired' }]);
  });

  it('may do no more than who makes them', async () => {
    const principal = { id: 'token:admin', scopes: ['token:admin', 'data:*', 'model:read'] };
    const make = (scope: string) => t.host.run(tokenCreate, { name: 'x', scopes: [scope] }, { principal });
    for (const scope of ['*:*', '*:read', 'model:*', 'model:write', 'serving:predict']) {
      await expect(make(scope)).rejects.toMatchObject({ code: 'TRS_SYSTEM_TOKEN_SCOPE' });
    }
    await expect(make('data:*')).resolves.toMatchObject({ scopes: ['data:*'] });
  });

  it('have names that are taken while they are active', async () => {
    await create();
    await expect(create()).rejects.toMatchObject({ code: 'TRS_SYSTEM_TOKEN_EXISTS' });
    await t.host.run(tokenRevoke, { token: 'ci' });
    await expect(create()).resolves.toMatchObject({ name: 'ci' });
  });

  it('live for hours, days or weeks, at most a year', () => {
    expect(lifetimeMs('12h')).toBe(43_200_000);
    expect(lifetimeMs('2w')).toBe(1_209_600_000);
    for (const wrong of ['', '0d', '-1d', '30', 'd', '30 d', '367d', '999999w', '1e3d', 'forever']) {
      expect(() => lifetimeMs(wrong)).toThrow(expect.objectContaining({ code: 'TRS_SYSTEM_TOKEN_LIFETIME' }));
    }
  });

  it('refuses scopes that are no scopes', async () => {
    for (const scope of ['all', 'a:b:c', ':', 'A:b']) {
      await expect(create('x', [scope])).rejects.toMatchObject({ code: 'TRS_KERNEL_INPUT_INVALID' });
    }
  });
});
