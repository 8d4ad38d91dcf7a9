import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { redact, secret } from './secret.ts';

const CANARY = 'canary-5550123';
const tree = z.object({
  key: secret().optional(),
  get inner() {
    return tree.optional();
  },
});

describe('redact', () => {
  it('hides the credentials and queries of addresses', () => {
    const shape = z.object({ path: z.string() });
    const path = `https://user:${CANARY}@example.org/rows.csv?signature=${CANARY}`;
    expect(redact(shape, { path })).toEqual({ path: 'https://example.org/rows.csv?••••' });
    expect(redact(shape, { path: 'https://example.org/rows.csv' })).toEqual({
      path: 'https://example.org/rows.csv',
    });
    expect(redact(shape, { path: 'who? me@home' })).toEqual({ path: 'who? me@home' });
  });

  it.each([
    ['a field', z.object({ key: secret() }), { key: CANARY }],
    ['an optional field', z.object({ key: secret().optional() }), { key: CANARY }],
    ['a nullable field', z.object({ key: secret().nullable() }), { key: CANARY }],
    ['a field with a default', z.object({ key: secret().default('x') }), { key: CANARY }],
    ['one of several kinds', z.object({ key: z.union([z.number(), secret()]) }), { key: CANARY }],
    [
      'an alternative',
      z.object({
        by: z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('a') }),
          z.object({ kind: z.literal('b'), key: secret() }),
        ]),
      }),
      { by: { kind: 'b', key: CANARY } },
    ],
    [
      'both of two',
      z.intersection(z.object({ a: z.string() }), z.object({ key: secret() })),
      { a: 'a', key: CANARY },
    ],
    ['items of a list', z.object({ keys: z.array(secret()) }), { keys: ['a', CANARY] }],
    ['a place in a tuple', z.tuple([z.string(), secret()]), ['a', CANARY]],
    ['values of a record', z.record(z.string(), secret()), { a: CANARY }],
    ['a tree', tree, { inner: { inner: { key: CANARY } } }],
    [
      'what is transformed',
      z.object({ key: secret().transform((text) => ({ text })) }),
      { key: { text: CANARY } },
    ],
    ['what was prepared', z.preprocess((value) => value, z.object({ key: secret() })), { key: CANARY }],
    [
      'a whole object',
      z.object({ login: z.object({ user: z.string() }).meta({ secret: true }) }),
      { login: { user: CANARY } },
    ],
  ])('hides %s', (_, schema, value) => {
    expect(JSON.stringify(redact(schema, value))).not.toContain(CANARY);
  });

  it('leaves everything else as it is', () => {
    const schema = z.object({
      a: z.number(),
      b: z.array(z.string()),
      c: z.date(),
      d: z.null(),
      key: secret().optional(),
    });
    const value = { a: 1, b: ['x'], c: new Date(0), d: null };
    expect(redact(schema, value)).toEqual(value);
  });

  it('changes nothing where no field is secret', () => {
    const schema = z.looseObject({});
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        expect(redact(schema, value)).toEqual(value);
      }),
    );
  });
});
