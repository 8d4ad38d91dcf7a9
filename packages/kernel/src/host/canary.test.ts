import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { secret } from '../config/secret.ts';
import { configSection } from '../config/section.ts';
import { problemOf } from '../error/problem.ts';
import { errorDocument, toTrestleError } from '../error/surface.ts';
import { operation } from '../operation/operation.ts';
import { plugin } from '../plugin/plugin.ts';
import { memoryPorts } from './memory-ports.test.setup.ts';
import { openHost } from './open-host.ts';
import { recordSpans } from './record-spans.test.setup.ts';

const CANARY = 'canary-7f3a9';
const vault = configSection('vault', z.object({ password: secret(), port: z.number().default(1) }));
const unlock = operation({
  id: 'vault.unlock',
  summary: 'Takes a secret from its caller and one from the configuration.',
  kind: 'command',
  access: 'vault:write',
  input: z.object({
    key: secret().nullable(),
    keys: z.array(secret()).default([]),
    size: z.number().max(5).default(1),
  }),
  output: z.object({ length: z.number() }),
  load:
    async () =>
    async (ctx, { key }) => {
      ctx.log.info('unlocking', { size: ctx.config(vault).password.length });
      if (key === 'bad') throw new Error('the vault is jammed');
      return { length: ctx.config(vault).password.length + (key ?? '').length };
    },
});
const vaultPlugin = plugin({ name: 'vault', version: '1.0.0', config: vault, operations: [unlock] });

describe('a secret', () => {
  let dir: string;
  const { spans } = recordSpans();
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-canary-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('of the configuration or of a call is in no log, event, span or error, whatever happens', async () => {
    const written: string[] = [];
    const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    const ports = memoryPorts();
    const errors: unknown[] = [];
    try {
      await writeFile(join(dir, 'key'), `${CANARY}\n`);
      const env = { TRESTLE_DEBUG: '3', TRESTLE_VAULT__PASSWORD_FILE: join(dir, 'key') };
      const host = await openHost({ projectDir: dir, plugins: [ports.plugin, vaultPlugin], env });
      expect(await host.run(unlock, { key: CANARY, keys: [CANARY] })).toEqual({ length: 2 * CANARY.length });
      const calls = [
        { key: CANARY, size: 9 },
        { key: CANARY, kye: CANARY },
        { key: { inner: CANARY } },
        { key: 'bad', keys: [CANARY] },
      ];
      for (const call of calls)
        errors.push(await host.runById('vault.unlock', call).catch((thrown: unknown) => thrown));
      await host.close();
    } finally {
      stderr.mockRestore();
      stdout.mockRestore();
    }
    expect(errors).toMatchObject([
      { code: 'TRS_KERNEL_INPUT_INVALID' },
      { code: 'TRS_KERNEL_INPUT_INVALID' },
      { code: 'TRS_KERNEL_INPUT_INVALID' },
      { code: 'TRS_INTERNAL' },
    ]);
    expect(written.join('')).toContain('unlocking');
    expect(ports.events).toHaveLength(5);
    const shown = errors.map((thrown) => {
      const error = toTrestleError(thrown);
      return [errorDocument(error), problemOf(error, 'r-1'), error.stack, String(error.cause)];
    });
    expect(JSON.stringify([written, ports.events, spans, shown])).not.toContain(CANARY);
  });

  it.each([
    ['does not parse', `{"vault": {"password": ${CANARY} }}`, {}],
    ['has a typo beside it', `{"vault": {"password": "${CANARY}", "prot": 5}}`, {}],
    ['has a typo in its name', `{"vault": {"pasword": "${CANARY}"}}`, {}],
    ['has it in the wrong section', `{"valt": {"password": "${CANARY}"}}`, {}],
    ['has it where a number belongs', `{"vault": {"password": "x", "port": "${CANARY}"}}`, {}],
    ['has it in the wrong shape', `{"vault": {"password": ["${CANARY}"]}}`, {}],
    ['is overridden wrongly', '{}', { TRESTLE_VAULT__PORT: CANARY, TRESTLE_VAULT__PASSWORD: CANARY }],
    ['gets it from a file that is not there', '{}', { TRESTLE_VAULT__PASSWORD_FILE: '/nowhere' }],
  ])('is not in the error about a configuration that %s', async (_, config, env) => {
    await writeFile(join(dir, 'trestle.config.json'), config);
    const opened = openHost({ projectDir: dir, plugins: [vaultPlugin], env });
    const error = toTrestleError(await opened.catch((thrown: unknown) => thrown));
    expect(error.code).toMatch(/^TRS_CONFIG_/);
    expect([JSON.stringify(errorDocument(error)), error.stack, String(error.cause)].join('\n')).not.toContain(
      CANARY,
    );
  });
});
