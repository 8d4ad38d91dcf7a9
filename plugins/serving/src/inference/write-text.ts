import { type Model, type TextPiece, wholeText } from '@trestle/model';
import type { Reply } from '../exchange/asked.ts';
import { rowsAsked } from '../exchange/rows.ts';
import { servingError } from '../serving-error.ts';
import { refusedOf } from './answer-requests.ts';
import type { Writing } from './task.ts';

/** Answers the one row of a request with a text, whose pieces go to the caller as they come. */
export async function writeText(model: Model, { asked, pieces, stop }: Writing): Promise<Reply> {
  try {
    const question = rowsAsked(asked, 1);
    const [row = {}] = question.rows;
    const { generate } = model;
    if (!generate)
      throw servingError('NO_PIECES', {
        kind: 'invalid',
        message: 'The model answers at once: there is no text to send in pieces.',
        hint: 'Ask without "accept: text/event-stream".',
      });
    const isGone = new Int32Array(stop);
    const sent = async function* (): AsyncGenerator<TextPiece> {
      for await (const piece of generate(row, () => Atomics.load(isGone, 0) === 1)) {
        pieces.postMessage(piece);
        yield piece;
      }
    };
    const prediction = await wholeText(sent());
    return question.reply({ predictions: [{ ...prediction }], statistics: [], rounded: [] });
  } catch (thrown) {
    return refusedOf(thrown);
  } finally {
    pieces.close();
  }
}
