import { z } from 'zod';
import { damaged } from './formats-error.ts';
import type { ModelSource } from './model-source.ts';

const MOST_BYTES = 2 ** 26;

/** `config.json` of transformers, as far as it is honoured. */
const configSchema = z.object({
  architectures: z.array(z.string()).nullish(),
  model_type: z.string().optional(),
  transformers_version: z.string().optional(),
  id2label: z.record(z.string(), z.string()).optional(),
  problem_type: z.string().nullish(),
  max_position_embeddings: z.int().optional(),
  n_positions: z.int().optional(),
  pad_token_id: z.int().nullish(),
  eos_token_id: z.union([z.int(), z.array(z.int())]).nullish(),
});

/** `generation_config.json`. */
const generationSchema = z.object({
  eos_token_id: z.union([z.int(), z.array(z.int())]).nullish(),
  do_sample: z.boolean().nullish(),
  temperature: z.number().nullish(),
  top_k: z.int().nullish(),
  top_p: z.number().nullish(),
  max_new_tokens: z.int().nullish(),
});

/** `tokenizer_config.json`, besides what the tokeniser reads of it. */
const tokenizerSchema = z.looseObject({
  model_max_length: z.number().optional(),
  pad_token: z.union([z.string(), z.looseObject({ content: z.string() })]).nullish(),
});

/** Of sentence-transformers: how vectors of tokens become one. */
const poolingSchema = z.looseObject({
  pooling_mode_cls_token: z.boolean().optional(),
  pooling_mode_mean_tokens: z.boolean().optional(),
});
const modulesSchema = z.array(z.object({ path: z.string(), type: z.string() }));
const sentenceSchema = z.looseObject({ max_seq_length: z.int().nullish() });

export interface HuggingFaceFiles {
  readonly config: z.infer<typeof configSchema>;
  readonly tokenizer: Readonly<Record<string, unknown>> | undefined;
  readonly tokenizerConfig: z.infer<typeof tokenizerSchema>;
  readonly generation: z.infer<typeof generationSchema> | undefined;
  readonly pooling: z.infer<typeof poolingSchema> | undefined;
  readonly modules: z.infer<typeof modulesSchema> | undefined;
  readonly sentence: z.infer<typeof sentenceSchema> | undefined;
}

/** Reads what lies around the graph. @throws TRS_FORMATS_DAMAGED */
export async function readFiles(source: ModelSource): Promise<HuggingFaceFiles> {
  const config = await json(source, 'config.json', configSchema);
  if (!config) throw damaged('config.json', 'it is not there');
  return {
    config,
    tokenizer: await json(source, 'tokenizer.json', z.record(z.string(), z.unknown())),
    tokenizerConfig: (await json(source, 'tokenizer_config.json', tokenizerSchema)) ?? {},
    generation: await json(source, 'generation_config.json', generationSchema),
    modules: await json(source, 'modules.json', modulesSchema),
    pooling: await json(source, '1_Pooling/config.json', poolingSchema),
    sentence: await json(source, 'sentence_bert_config.json', sentenceSchema),
  };
}

/** A JSON file of the folder; undefined where it is not there. @throws TRS_FORMATS_DAMAGED */
async function json<T extends z.ZodType>(
  source: ModelSource,
  file: string,
  schema: T,
): Promise<z.output<T> | undefined> {
  if (!source.files.includes(file)) return undefined;
  const bytes = await source.read(file);
  if (bytes.length > MOST_BYTES) throw damaged(file, `it has ${bytes.length} bytes`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw damaged(file, 'it is no JSON');
  }
  const result = schema.safeParse(parsed);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw damaged(file, `${issue?.path.join('.') || 'it'}: ${issue?.message}`);
}
