import { serverError } from '../server-error.ts';

/** Reads a JSON body whose depth was checked at the door. @throws TRS_SERVER_BODY_NOT_JSON */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return {};
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw serverError('BODY_NOT_JSON', {
      kind: 'usage',
      message: `The body is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'Send an object with the operation’s input; see /docs.',
    });
  }
}
