import { z } from 'zod';

const tokenId = z.int().nonnegative();

/** How texts become tokens, and what is made of a graph's answer. */
const common = {
  /** `tokenizer.json` as Hugging Face defines it. */
  tokenizer: z.record(z.string(), z.unknown()),
  /** `tokenizer_config.json`. */
  tokenizerConfig: z.record(z.string(), z.unknown()),
  /** Tokens that a text may have, those that the tokeniser adds included. */
  maxTokens: z.int().min(1),
  /** What fills shorter texts of a batch up; the attention mask hides it. */
  padding: tokenId,
};

export const textSchema = z.discriminatedUnion('kind', [
  z.object({
    ...common,
    kind: z.literal('embedding'),
    /** The output with a vector a token, or a text. */
    output: z.string(),
    /** How vectors of tokens become the text's: their mean, or that of the first token. */
    pooling: z.enum(['mean', 'first', 'none']),
    /** Whether it is brought to length 1. */
    isNormalised: z.boolean(),
  }),
  z.object({ ...common, kind: z.literal('classification'), output: z.string() }),
  z.object({
    ...common,
    kind: z.literal('generation'),
    output: z.string(),
    /** Tokens that end a text. */
    endTokens: z.array(tokenId),
    /** What a caller may change, as the model's own files have it. */
    defaults: z.object({
      max_tokens: z.int().min(1),
      temperature: z.number().min(0),
      top_k: z.int().min(0),
      top_p: z.number().min(0).max(1),
    }),
  }),
]);
export type TextPart = z.infer<typeof textSchema>;
export type TextKind = TextPart['kind'];
export type Generation = Extract<TextPart, { kind: 'generation' }>;
