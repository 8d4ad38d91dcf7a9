import { Tokenizer } from '@huggingface/tokenizers';
import { ModelError } from '../model-error.ts';
import { explodingPattern } from './exploding-pattern.ts';
import type { TextPart } from './text-metadata.ts';

export interface Encoded {
  readonly ids: readonly number[];
  /** 1 for tokens of the second of two texts. */
  readonly types: readonly number[];
}

/** A tokeniser as its file defines it: WordPiece, BPE or Unigram. */
export interface TextTokens {
  encode(text: string): Encoded;
  /** Leaves special tokens out. */
  decode(ids: readonly number[]): string;
}

/** A text longer than this has too many tokens for any model here; a tokeniser takes time for each character before that shows. */
const MOST_CHARACTERS = 1_000_000;

/** What a tokeniser may cut texts by. */
const KNOWN = ['WordPiece', 'BPE', 'Unigram'];

/** @throws TRS_MODEL_TOKENIZER for what it does not know, or a regular expression that may take for ever */
export function textTokens({ tokenizer, tokenizerConfig }: TextPart): TextTokens {
  const pattern = explodingPattern(tokenizer);
  if (pattern !== undefined)
    throw tokenizerError(
      `its pattern ${JSON.stringify(pattern.slice(0, 100))} repeats what repeats, and may take for ever for some texts`,
    );
  const { model } = tokenizer;
  const type = typeof model === 'object' && model !== null && 'type' in model ? model.type : undefined;
  if (typeof type !== 'string' || !KNOWN.includes(type))
    throw tokenizerError(`its model is ${JSON.stringify(type)}, and ${KNOWN.join(', ')} are known`);
  let made: Tokenizer;
  try {
    made = new Tokenizer(tokenizer, tokenizerConfig);
    // What it is put together of is looked at when it is first used.
    made.encode('a');
  } catch (thrown) {
    throw tokenizerError(thrown instanceof Error ? thrown.message : String(thrown));
  }
  return {
    encode(text) {
      if (text.length > MOST_CHARACTERS) throw new RangeError(`it has ${text.length} characters`);
      const { ids, token_type_ids: types } = made.encode(text, { return_token_type_ids: true });
      // Without a post-processor there are none, whatever their type says.
      return { ids, types: Array.isArray(types) ? types : ids.map(() => 0) };
    },
    decode: (ids) => (ids.length === 0 ? '' : made.decode([...ids], { skip_special_tokens: true })),
  };
}

const tokenizerError = (reason: string): ModelError =>
  new ModelError(
    'TOKENIZER',
    `The tokeniser of the model cannot be used: ${reason}.`,
    'Save it again with a current version of transformers: tokenizer.save_pretrained(DIR).',
  );
