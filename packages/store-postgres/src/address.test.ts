import { describe, expect, it } from 'vitest';
import { addressOf } from './address.ts';
import { translateError } from './translate-error.ts';

describe('the address of a database', () => {
  it.each([
    ['postgres://ada:secret@db.example.com:6432/ml', 'postgres://db.example.com:6432/ml'],
    ['postgresql://db.example.com/ml?sslmode=verify-full', 'postgres://db.example.com/ml'],
  ])('is shown without what is secret: %s', (url, shown) => {
    expect(addressOf(url).shown).toBe(shown);
  });

  it.each([
    ['another machine, encrypted and checked', 'postgres://db.example.com/ml', { rejectUnauthorized: true }],
    ['another machine, as it says itself', 'postgres://db.example.com/ml?sslmode=disable', undefined],
    ['this machine, as it is', 'postgres://127.0.0.1/ml', undefined],
    ['this machine, by its name', 'postgres://localhost:5433/ml', undefined],
    [
      'a name that only looks like this machine, encrypted',
      'postgres://localhost.example.com/ml',
      { rejectUnauthorized: true },
    ],
    ['a socket, as it is', 'postgres:///ml?host=/var/run/postgresql', undefined],
  ])('reaches %s', (_, url, ssl) => {
    expect(addressOf(url).config.ssl).toEqual(ssl);
  });

  it.each(['mysql://x/y', 'localhost/ml', 'postgres://ada:canary-7f3a9@[bad/ml'])(
    'that is none is refused, and not shown: %s',
    (url) => {
      expect(() => addressOf(url)).toThrow(
        expect.objectContaining({
          code: 'TRS_STORE_ADDRESS',
          message: expect.not.stringContaining('canary'),
        }),
      );
    },
  );
});

describe('what a server says', () => {
  const said = (code: string, message = 'it says so') => Object.assign(new Error(message), { code });
  it.each([
    ['40001', 'TRS_STORE_CONFLICT'],
    ['40P01', 'TRS_STORE_CONFLICT'],
    ['55P03', 'TRS_STORE_LOCKED'],
    ['57014', 'TRS_STORE_LOCKED'],
    ['25006', 'TRS_STORE_READ_ONLY'],
    ['53100', 'TRS_STORE_FULL'],
    ['XX001', 'TRS_STORE_CORRUPT'],
    ['28P01', 'TRS_STORE_REFUSED'],
    ['3D000', 'TRS_STORE_REFUSED'],
    ['57P01', 'TRS_STORE_UNREACHABLE'],
    ['53300', 'TRS_STORE_UNREACHABLE'],
    ['ECONNREFUSED', 'TRS_STORE_UNREACHABLE'],
  ])('with %s is %s', (code, expected) => {
    expect(translateError(said(code), 'postgres://here/ml')).toMatchObject({
      code: expected,
      message: expect.stringContaining('postgres://here/ml'),
    });
  });

  it('of a mistake in a statement is left as it is', () => {
    const error = said('42601');
    expect(translateError(error, 'postgres://here/ml')).toBe(error);
  });
});
