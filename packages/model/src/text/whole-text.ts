import { ModelError } from '../model-error.ts';
import type { TextPiece } from './generate.ts';

/** A whole text of the pieces that a model writes. */
export async function wholeText(
  pieces: AsyncIterable<TextPiece>,
): Promise<{ readonly text: string; readonly tokens: number; readonly finish: string }> {
  let [text, last]: [string, TextPiece | undefined] = ['', undefined];
  for await (const piece of pieces) {
    text += piece.text;
    last = piece;
  }
  if (!last?.finish)
    throw new ModelError('TEXT_STOPPED', 'The text was stopped before it ended.', 'Ask again.');
  return { text, tokens: last.tokens, finish: last.finish };
}
