import type { Session } from '@trestle/onnx';
import type { Row } from '../check-rows.ts';
import type { Feature } from '../metadata.ts';
import { invalid } from '../model-error.ts';
import { GENERATION_CHOICES, generator, type TextPiece } from './generate.ts';
import type { TextPart } from './text-metadata.ts';
import { encodeRows, textAnswers } from './text-model.ts';
import { textTokens } from './text-tokens.ts';

/** A graph that texts come to. */
export interface TextModel {
  readonly features: readonly Feature[];
  /** The numbers of the graph's answer by row: of a vector, or of classes. Undefined of a model that writes. */
  readonly answer: ReturnType<typeof textAnswers> | undefined;
  readonly generate: ((row: Row, isStopped?: () => boolean) => AsyncGenerator<TextPiece>) | undefined;
  /** @throws TRS_MODEL_ROW_INVALID */
  readonly check: (rows: readonly Row[]) => void;
}

/** @throws TRS_MODEL_TOKENIZER */
export function openText(part: TextPart, session: Session): TextModel {
  const isWriting = part.kind === 'generation';
  const features: readonly Feature[] = [
    { name: 'text', type: 'text', nullable: false },
    ...(isWriting
      ? GENERATION_CHOICES.map((name): Feature => ({ name, type: 'number', nullable: true }))
      : []),
  ];
  const known = new Set(features.map(({ name }) => name));
  const tokens = textTokens(part);
  return {
    features,
    answer: isWriting ? undefined : textAnswers(session, part),
    generate: isWriting ? generator(session, part) : undefined,
    check(rows) {
      for (const [index, row] of rows.entries()) {
        const other = Object.keys(row).find((name) => !known.has(name));
        if (other !== undefined)
          throw invalid(index, other, `the model has no such feature; it has ${[...known].join(', ')}`);
      }
      encodeRows(tokens, rows, part.maxTokens);
    },
  };
}
