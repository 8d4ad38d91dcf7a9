import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problemOf, problemSchema } from './problem.ts';
import { errorDocument, exitCodeOf, statusOf, toTrestleError } from './surface.ts';
import { type ErrorKind, errorFactory, isTrestleError, TrestleError } from './trestle-error.ts';

const thingError = errorFactory('THING');
const of = (kind: ErrorKind) => thingError('BROKE', { kind, message: 'It broke.' });

describe('an error', () => {
  it('has a stable code, what happened, and what to do next', () => {
    const error = thingError('BROKE', {
      kind: 'invalid',
      message: 'The size is -1.',
      hint: 'Use 1.',
      details: { size: -1 },
    });
    expect(errorDocument(error)).toEqual({
      code: 'TRS_THING_BROKE',
      kind: 'invalid',
      message: 'The size is -1.',
      hint: 'Use 1.',
      details: { size: -1 },
    });
  });

  it.each<[ErrorKind, number, number]>([
    ['usage', 2, 400],
    ['invalid', 2, 422],
    ['unauthenticated', 1, 401],
    ['denied', 1, 403],
    ['not-found', 2, 404],
    ['wrong-method', 2, 405],
    ['conflict', 1, 409],
    ['refused', 3, 422],
    ['too-large', 2, 413],
    ['unsupported', 2, 415],
    ['overloaded', 1, 429],
    ['unavailable', 1, 503],
    ['interrupted', 130, 499],
    ['failed', 1, 500],
  ])('of kind %s ends a command with %i and a request with %i', (kind, exitCode, status) => {
    expect([exitCodeOf(of(kind)), statusOf(of(kind))]).toEqual([exitCode, status]);
  });

  it('is problem details over HTTP (RFC 9457)', () => {
    expect(problemSchema.parse(problemOf(of('conflict'), 'r-1'))).toEqual({
      type: 'urn:trestle:error:TRS_THING_BROKE',
      title: 'conflict',
      status: 409,
      detail: 'It broke.',
      instance: 'urn:trestle:request:r-1',
      code: 'TRS_THING_BROKE',
      hint: '',
      details: {},
    });
  });

  it('shows no stack and no cause on any surface', () => {
    const error = toTrestleError(new Error('inner', { cause: new Error('innermost') }));
    const shown = JSON.stringify([errorDocument(error), problemOf(error)]);
    expect(shown).not.toContain('innermost');
    expect(shown).not.toMatch(/\.ts:\d+|node_modules|at /);
    expect(error.cause).toBeInstanceOf(Error);
  });
});

describe('toTrestleError', () => {
  it('leaves ours as they are', () => {
    const error = of('denied');
    expect(toTrestleError(error)).toBe(error);
  });

  it('takes those of packages that do not know the kernel, by their code', () => {
    const foreign = Object.assign(new Error('No.'), {
      code: 'TRS_CORE_SHAPE',
      hint: 'Reshape.',
      details: { axis: 1 },
    });
    expect(isTrestleError(foreign)).toBe(true);
    expect(toTrestleError(foreign)).toMatchObject({
      code: 'TRS_CORE_SHAPE',
      kind: 'invalid',
      hint: 'Reshape.',
      details: { axis: 1 },
    });
    expect(toTrestleError(Object.assign(foreign, { kind: 'refused' })).kind).toBe('refused');
    expect(toTrestleError(Object.assign(foreign, { kind: 'toString' })).kind).toBe('invalid');
  });

  it('knows an interruption', () => {
    expect(toTrestleError(new DOMException('Stop.', 'AbortError'))).toMatchObject({
      code: 'TRS_INTERRUPTED',
      kind: 'interrupted',
    });
  });

  it.each([
    ['a missing file', () => readFileSync('/no/such/file'), 'TRS_SYSTEM_ENOENT', 'not-found'],
    ['a folder in place of a file', () => readFileSync(tmpdir()), 'TRS_SYSTEM_EISDIR', 'invalid'],
    [
      'a file in place of a folder',
      () => mkdtempSync('/proc/self/status/x'),
      /^TRS_SYSTEM_ENO/,
      /^(invalid|not-found)$/,
    ],
    [
      'a full disk',
      () => {
        throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      },
      'TRS_SYSTEM_ENOSPC',
      'failed',
    ],
  ])('explains %s', (_, work, code, kind) => {
    try {
      rmSync(String(work()));
      expect.unreachable();
    } catch (thrown) {
      expect(toTrestleError(thrown)).toMatchObject({
        code: expect.stringMatching(code),
        kind: expect.stringMatching(kind),
        hint: expect.stringMatching(/./),
      });
    }
  });

  it.each([[Object.create(null)], [[{ toString: [] }]], [Symbol('s')]])(
    'makes an error of what is no text (%#)',
    (thrown) => {
      expect(toTrestleError(thrown)).toMatchObject({ code: 'TRS_INTERNAL', cause: thrown });
    },
  );

  it('makes an error of whatever is thrown', () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        const error = toTrestleError(thrown);
        expect(error).toBeInstanceOf(TrestleError);
        expect([exitCodeOf(error), statusOf(error)]).toEqual([1, 500]);
        expect(errorDocument(error)).toMatchObject({
          code: 'TRS_INTERNAL',
          hint: expect.stringContaining('TRESTLE_DEBUG'),
        });
      }),
    );
  });
});
