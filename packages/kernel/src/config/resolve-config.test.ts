import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { resolveConfig } from './resolve-config.ts';
import { secret } from './secret.ts';
import { configSection } from './section.ts';

const serving = configSection(
  'serving',
  z.object({
    maxRows: z.number().int().min(1).default(100),
    key: secret().optional(),
    note: z.string().nullable().optional(),
    isStrict: z.boolean().default(false),
    limits: z.object({ memoryMiB: z.number().default(64) }).prefault({}),
    rules: z.record(z.string(), z.object({ level: z.enum(['low', 'high']) })).default({}),
    hosts: z.array(z.string()).default([]),
    port: z.union([z.number(), z.literal('any')]).default('any'),
  }),
);
const read = (values: Record<string, unknown>, env: Record<string, string> = {}) =>
  resolveConfig({ file: '/home/me/trestle.config.ts', values }, [serving], env)(serving);

describe('the configuration', () => {
  it('has defaults where nothing is said', () => {
    expect(read({})).toEqual({
      maxRows: 100,
      isStrict: false,
      limits: { memoryMiB: 64 },
      rules: {},
      hosts: [],
      port: 'any',
    });
  });

  it.each([
    [
      { servng: {} },
      'TRS_CONFIG_UNKNOWN_SECTION',
      'trestle.config.ts has a section "servng" that no plugin knows. Did you mean "serving"?',
    ],
    [{ plugin: [] }, 'TRS_CONFIG_UNKNOWN_SECTION', 'Did you mean "plugins"?'],
    [
      { serving: { maxRow: 1 } },
      'TRS_CONFIG_UNKNOWN_FIELD',
      'trestle.config.ts: there is no setting "serving.maxRow". Did you mean "maxRows"?',
    ],
    [
      { serving: { limits: { memoryMb: 1 } } },
      'TRS_CONFIG_UNKNOWN_FIELD',
      '"serving.limits.memoryMb". Did you mean "memoryMiB"?',
    ],
    [
      { serving: { rules: { a: { levle: 'low' } } } },
      'TRS_CONFIG_UNKNOWN_FIELD',
      '"serving.rules.a.levle". Did you mean "level"?',
    ],
    [
      { serving: { maxRows: 'many' } },
      'TRS_CONFIG_INVALID',
      'trestle.config.ts: "serving.maxRows" is not valid',
    ],
    [
      { serving: { rules: { a: { level: 'mid' } } } },
      'TRS_CONFIG_INVALID',
      '"serving.rules.a.level" is not valid',
    ],
    [{ serving: [] }, 'TRS_CONFIG_INVALID', '"serving" is not valid'],
  ])('refuses %j', (values, code, message) => {
    expect(() => read(values)).toThrow(
      expect.objectContaining({ code, kind: 'invalid', message: expect.stringContaining(message) }),
    );
  });

  it('never repeats a value: it may be secret', () => {
    const wrong = [
      { key: 5550123 },
      { key: { canary: 'x' } },
      { maxRows: 'canary' },
      { rules: { a: { level: 'canary' } } },
    ];
    for (const values of wrong) {
      const error = (() => {
        try {
          return read({ serving: values });
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(error).toMatchObject({ code: expect.stringMatching(/^TRS_CONFIG_(INVALID|UNKNOWN_FIELD)$/) });
      expect(JSON.stringify(error) + String(error)).not.toMatch(/5550123|"canary"/);
    }
  });

  it('gives a section that nobody declared its defaults', () => {
    const other = configSection('other', z.object({ a: z.number().default(1) }));
    expect(resolveConfig({ file: undefined, values: {} }, [serving], {})(other)).toEqual({ a: 1 });
  });
});

describe('the environment', () => {
  const dir = mkdtempSync(join(tmpdir(), 'trestle-secret-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('overrides the file, field by field', () => {
    expect(
      read(
        { serving: { maxRows: 5, limits: { memoryMiB: 7 } } },
        {
          TRESTLE_SERVING__MAX_ROWS: '9',
          TRESTLE_SERVING__LIMITS__MEMORY_MI_B: '8',
          TRESTLE_SERVING__HOSTS: '["a"]',
        },
      ),
    ).toMatchObject({ maxRows: 9, limits: { memoryMiB: 8 }, hosts: ['a'] });
  });

  it.each([
    ['1234567890123456789012', '1234567890123456789012'],
    ['true', 'true'],
    ['null', 'null'],
    ['{"a":1}', '{"a":1}'],
    [' padded ', ' padded '],
  ])('keeps a text where a text is asked for: %j', (text, value) => {
    const env = { TRESTLE_SERVING__KEY: text, TRESTLE_SERVING__NOTE: text };
    expect(read({}, env)).toMatchObject({ key: value, note: value });
  });

  it('reads numbers, booleans and either of several kinds', () => {
    const env = { TRESTLE_SERVING__IS_STRICT: 'true', TRESTLE_SERVING__PORT: '80' };
    expect(read({}, env)).toMatchObject({ isStrict: true, port: 80 });
    expect(read({}, { TRESTLE_SERVING__PORT: 'any' })).toMatchObject({ port: 'any' });
  });

  it('takes a secret from a file, without the line break at its end', () => {
    writeFileSync(join(dir, 'key'), '12345\n');
    expect(read({}, { TRESTLE_SERVING__KEY_FILE: join(dir, 'key') }).key).toBe('12345');
    expect(() => read({}, { TRESTLE_SERVING__KEY_FILE: join(dir, 'none') })).toThrow(
      expect.objectContaining({
        code: 'TRS_CONFIG_SECRET_FILE',
        message: expect.stringContaining('TRESTLE_SERVING__KEY_FILE'),
      }),
    );
  });

  it.each([
    [{ TRESTLE_SERVIN__MAX_ROWS: '1' }, 'the environment has a section "servin"'],
    [
      { TRESTLE_SERVING__MAX_ROW: '1' },
      'the environment: there is no setting "serving.maxRow". Did you mean "maxRows"?',
    ],
    [{ TRESTLE_SERVING__MAX_ROWS: 'many' }, 'the environment: "serving.maxRows" is not valid'],
  ])('is blamed for its own mistakes: %j', (env, message) => {
    expect(() => read({ serving: { hosts: [] } }, env)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(message) }),
    );
  });

  it('leaves alone what is not addressed to it', () => {
    const env = {
      TRESTLE_DEBUG: '1',
      TRESTLE_TOKEN: 'x',
      PATH: '/bin',
      TRESTLE__X: '1',
      TRESTLE_SERVER: 'http://x',
    };
    expect(read({}, env)).toEqual(read({}));
  });

  it('does not reach the prototype of objects', () => {
    read({}, { TRESTLE_SERVING__RULES: '{"__proto__": {"level": "low"}}' });
    expect(Object.hasOwn(Object.prototype, 'level')).toBe(false);
  });
});
