import { lostNumber, placeInJson } from '@trestle/kernel';
import { serverError } from '../server-error.ts';

/** Reads a JSON body whose depth was checked at the door. @throws TRS_SERVER_BODY_NOT_JSON, TRS_SERVER_BODY_NUMBER */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return {};
  const text = bytes.toString('utf8');
  const lost = lostNumber(text);
  if (lost !== undefined)
    throw serverError('BODY_NUMBER', {
      kind: 'invalid',
      message: `The body holds ${lost}, which cannot be read without becoming another number.`,
      hint: 'Send it as a text, in quotes.',
      details: { number: lost },
    });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw serverError('BODY_NOT_JSON', {
      kind: 'usage',
      message: `The body is not JSON (${placeInJson(cause, text)}).`,
      hint: 'Send an object with the operation’s input; see /docs.',
    });
  }
}
