import { type ErrorKind, errorFactory, problemSchema, TrestleError } from '@trestle/kernel';

export const clientError = errorFactory('CLIENT');

const KINDS: Readonly<Record<number, ErrorKind>> = {
  400: 'usage',
  401: 'unauthenticated',
  403: 'denied',
  404: 'not-found',
  409: 'conflict',
  413: 'too-large',
  415: 'unsupported',
  422: 'invalid',
  429: 'overloaded',
  503: 'unavailable',
};

/** The server's problem details as the error that they were there. */
export function errorOfProblem(status: number, body: unknown, retryAfter: string | null): TrestleError {
  const problem = problemSchema.safeParse(body);
  if (!problem.success) {
    return clientError('ANSWER', {
      kind: KINDS[status] ?? 'failed',
      message: `The server answered ${status} without saying why.`,
      hint: 'Is this a Trestle server? Something in between may have answered.',
    });
  }
  const { code, detail, hint, details, title } = problem.data;
  // The title is the kind under which the server threw it; a newer server may have kinds that this client does not know.
  const kind = title === 'refused' ? 'refused' : (KINDS[status] ?? 'failed');
  const seconds = Number(retryAfter);
  return new TrestleError(code, {
    kind,
    message: detail,
    hint,
    details,
    ...(retryAfter !== null && Number.isFinite(seconds) ? { retryAfterS: seconds } : {}),
  });
}
