import { type ErrorKind, errorFactory, isErrorKind, isRecord, TrestleError } from '@trestle/kernel/spec';

export const clientError = errorFactory('CLIENT');

const KINDS: Readonly<Record<number, ErrorKind>> = {
  400: 'usage',
  401: 'unauthenticated',
  403: 'denied',
  404: 'not-found',
  405: 'wrong-method',
  409: 'conflict',
  413: 'too-large',
  415: 'unsupported',
  422: 'invalid',
  429: 'overloaded',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

/** An answer that no Trestle server gives. */
export const strange = (what: string, cause?: unknown): TrestleError =>
  clientError('ANSWER', {
    kind: 'failed',
    message: `The answer ${what}.`,
    hint: 'Is this a Trestle server? Something in between may have answered.',
    cause,
  });

/** The server's problem details (RFC 9457) as the error that they were there. */
export async function errorOfAnswer(response: Response): Promise<TrestleError> {
  const { status } = response;
  const body: unknown = await response.json().catch(() => undefined);
  const { code, detail, hint, details, title } = isRecord(body) ? body : {};
  if (typeof code !== 'string' || typeof detail !== 'string') {
    return clientError('ANSWER', {
      kind: KINDS[status] ?? 'failed',
      message: `The server answered ${status} without saying why.`,
      hint: 'Is this a Trestle server? Something in between may have answered.',
    });
  }
  // The title is the kind under which the server threw it; a newer server may have kinds that this client does not know.
  const kind = isErrorKind(title) ? title : (KINDS[status] ?? 'failed');
  const retryAfter = response.headers.get('retry-after');
  const seconds = Number(retryAfter);
  return new TrestleError(code, {
    kind,
    message: detail,
    hint: typeof hint === 'string' ? hint : undefined,
    details: isRecord(details) ? details : {},
    ...(retryAfter !== null && Number.isFinite(seconds) ? { retryAfterS: seconds } : {}),
  });
}
