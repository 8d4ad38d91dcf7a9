import { type ModelSchema, type Row, type TextPart, TOKEN_INPUTS } from '@trestle/model';
import {
  appendMetadata,
  int,
  type OnnxModel,
  type OnnxNode,
  type ValueInfo,
  writeModel,
} from '@trestle/onnx';
import { formatsError } from './formats-error.ts';
import type { HuggingFaceFiles } from './hugging-face-files.ts';
import { entriesOf } from './onnx-file.ts';
import type { About, ReadModel } from './read-model.ts';

/** Tokens of a model whose files do not say how many it takes. */
const USUAL_TOKENS = 512;
/** Tokens that a model writes where its files do not say how many. */
const USUAL_WRITTEN = 64;
/** Files say 1e30 where there is no end. */
const ENDLESS = 1e6;
/** Outputs with a vector a token, or a text, the first that is there. */
const VECTORS = ['sentence_embedding', 'last_hidden_state', 'token_embeddings'];

const unsupported = (what: string, todo: string) =>
  formatsError('REFUSED', { kind: 'unsupported', message: what, hint: todo });

/**
 * What a graph and the files around it make of texts: vectors, classes, or more text.
 *
 * @throws TRS_FORMATS_REFUSED for inputs, outputs and settings that nobody here would honour
 */
export function textModel(
  model: OnnxModel,
  files: HuggingFaceFiles,
  tokenizer: TextPart['tokenizer'],
): Omit<ReadModel, 'framework'> {
  const { graph } = model;
  checkInputs(graph.inputs);
  const logits = graph.outputs.find(({ name }) => name === 'logits');
  const vectors = VECTORS.find((name) => graph.outputs.some((output) => output.name === name));
  const [architecture = ''] = files.config.architectures ?? [];
  if (logits && logits.dims.length === 2) return classifier(model, files, tokenizer);
  if (logits && /(CausalLM|LMHeadModel)$/.test(architecture)) return writer(model, files, tokenizer);
  if (!logits && vectors !== undefined) return encoder(model, files, tokenizer, vectors);
  throw unsupported(
    `The model is of the architecture ${architecture || 'unknown'} and answers ${graph.outputs
      .map(({ name }) => name)
      .slice(0, 5)
      .join(', ')}: sentence encoders, text classifiers and decoders are taken.`,
    'Export it for the task feature-extraction, text-classification or text-generation(-with-past); or register its .onnx file alone, which takes tensors.',
  );
}

function checkInputs(inputs: readonly ValueInfo[]): void {
  const other = inputs.find(
    ({ name }) =>
      !TOKEN_INPUTS.includes(name) && !name.startsWith('past_key_values.') && name !== 'use_cache_branch',
  );
  if (other)
    throw unsupported(
      `The graph takes "${other.name}", which no text gives.`,
      `Inputs that are given are ${TOKEN_INPUTS.join(', ')} and past_key_values. Register the .onnx file alone: it takes tensors.`,
    );
}

/** What all kinds have. */
function commonOf({ config, tokenizerConfig, sentence }: HuggingFaceFiles, tokenizer: TextPart['tokenizer']) {
  const positions = config.max_position_embeddings ?? config.n_positions;
  const own = sentence?.max_seq_length ?? tokenizerConfig.model_max_length ?? ENDLESS;
  const most = Math.min(own, positions ?? ENDLESS);
  const { pad_token: pad } = tokenizerConfig;
  const padding = idOf(tokenizer, typeof pad === 'string' ? pad : pad?.content) ?? config.pad_token_id ?? 0;
  const isKnown = most < ENDLESS;
  return {
    part: { tokenizer, tokenizerConfig, maxTokens: isKnown ? most : USUAL_TOKENS, padding },
    notes: isKnown ? [] : [`Its files do not say how many tokens it takes: ${USUAL_TOKENS} are taken.`],
  };
}

/** The number of a token that was added to the vocabulary. */
function idOf(
  { added_tokens: added }: TextPart['tokenizer'],
  content: string | undefined,
): number | undefined {
  if (!Array.isArray(added) || content === undefined) return undefined;
  const found: unknown = added.find(
    (one: unknown) => typeof one === 'object' && one !== null && 'content' in one && one.content === content,
  );
  return typeof found === 'object' && found !== null && 'id' in found ? Number(found.id) : undefined;
}

function encoder(
  model: OnnxModel,
  files: HuggingFaceFiles,
  tokenizer: TextPart['tokenizer'],
  output: string,
): Omit<ReadModel, 'framework'> {
  const { part, notes } = commonOf(files, tokenizer);
  const isPooled = output === 'sentence_embedding';
  const { pooling, modules } = files;
  const others = Object.entries(pooling ?? {}).filter(
    ([name, value]) =>
      value === true &&
      /^pooling_mode_/.test(name) &&
      name !== 'pooling_mode_cls_token' &&
      name !== 'pooling_mode_mean_tokens',
  );
  const isBoth = pooling?.pooling_mode_cls_token === true && pooling.pooling_mode_mean_tokens === true;
  if (!isPooled && (others.length > 0 || isBoth))
    throw unsupported(
      `1_Pooling asks for ${[...others.map(([name]) => name), ...(isBoth ? ['two ways at once'] : [])].join(', ')}.`,
      'The mean of the tokens and the first token are known. Export it with its pooling: optimum-cli export onnx --library sentence_transformers.',
    );
  const other = modules?.find(({ type }) => !/\.(Transformer|Pooling|Normalize)$/.test(type));
  if (other && !isPooled)
    throw unsupported(
      `modules.json has ${other.type} after the transformer.`,
      'Transformer, Pooling and Normalize are known. Export it whole: optimum-cli export onnx --library sentence_transformers.',
    );
  const text: TextPart = {
    ...part,
    ...{ kind: 'embedding', output },
    pooling: isPooled ? 'none' : pooling?.pooling_mode_cls_token ? 'first' : 'mean',
    isNormalised: !isPooled && (modules ?? []).some(({ type }) => type.endsWith('.Normalize')),
  };
  return {
    format: 'Hugging Face, sentence encoder in ONNX',
    notes: [
      ...notes,
      ...(isPooled || pooling ? [] : ['Without 1_Pooling/config.json a text is the mean of its tokens.']),
    ],
    suggested: TEXTS,
    build: (about) => appendMetadata(writeModel(model), entriesOf({ ...about, text })),
  };
}

function classifier(
  model: OnnxModel,
  files: HuggingFaceFiles,
  tokenizer: TextPart['tokenizer'],
): Omit<ReadModel, 'framework'> {
  const { config } = files;
  const { part, notes } = commonOf(files, tokenizer);
  if (config.problem_type === 'multi_label_classification')
    throw unsupported(
      'The model gives several labels at once (problem_type multi_label_classification).',
      'Register the .onnx file alone: it answers logits.',
    );
  const labels = Object.entries(config.id2label ?? {})
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, label]) => label);
  const width = model.graph.outputs.find(({ name }) => name === 'logits')?.dims[1];
  if (labels.length < 1 || (typeof width === 'number' && width !== labels.length))
    throw unsupported(
      `config.json names ${labels.length} labels, and the graph has ${width ?? 'no'} of them.`,
      'Set id2label where the model was trained, and export it again.',
    );
  const task = labels.length === 1 ? 'regression' : labels.length === 2 ? 'binary' : 'multiclass';
  const output = { binary: 'probability', multiclass: 'probabilities', regression: 'value' }[task];
  const schema: ModelSchema = {
    ...{ task, target: 'label', threshold: 0.5 },
    classes: task === 'regression' ? [] : labels,
    features: [{ name: 'text', type: 'text', nullable: false }],
  };
  const text: TextPart = { ...part, kind: 'classification', output };
  const headed = withHead(model, task, output);
  return {
    format: 'Hugging Face, text classifier in ONNX',
    notes,
    suggested: TEXTS,
    build: ({ origin, golden, card }: About) =>
      appendMetadata(
        writeModel(headed),
        entriesOf({
          ...{ origin, golden, card, schema, text, metrics: {}, lineage: {}, reference: { features: [] } },
          ...{ estimator: origin.framework ?? origin.format, licence: '', createdAt: '' },
        }),
      ),
  };
}

/** Logits as what the task answers: a softmax, of two classes the second; or a value. */
function withHead(model: OnnxModel, task: ModelSchema['task'], output: string): OnnxModel {
  const node = (
    operator: string,
    inputs: readonly string[],
    made: string,
    attributes: OnnxNode['attributes'] = {},
  ): OnnxNode => ({
    ...{ name: '', operator, domain: '', inputs, outputs: [made], attributes },
  });
  const nodes: readonly OnnxNode[] =
    task === 'regression'
      ? [node('Identity', ['logits'], output)]
      : task === 'multiclass'
        ? [node('Softmax', ['logits'], output, { axis: int(-1) })]
        : [
            node('Softmax', ['logits'], 'trestle_softmax', { axis: int(-1) }),
            node('Gather', ['trestle_softmax', 'trestle_second'], output, { axis: int(1) }),
          ];
  const { graph } = model;
  const second = { name: 'trestle_second', type: 'int64', dims: [1], data: [1] } as const;
  return {
    ...model,
    graph: {
      ...graph,
      nodes: [...graph.nodes, ...nodes],
      initializers: task === 'binary' ? [...graph.initializers, second] : graph.initializers,
      outputs: [{ name: output, type: 'float32', dims: ['batch', task === 'multiclass' ? 'classes' : 1] }],
    },
  };
}

function writer(
  model: OnnxModel,
  files: HuggingFaceFiles,
  tokenizer: TextPart['tokenizer'],
): Omit<ReadModel, 'framework'> {
  const { part, notes } = commonOf(files, tokenizer);
  const { generation, config } = files;
  const past = model.graph.inputs.filter(({ name }) => name.startsWith('past_key_values.'));
  const open = past.find(
    ({ dims }) => dims.length !== 4 || typeof dims[1] !== 'number' || typeof dims[3] !== 'number',
  );
  if (open)
    throw unsupported(
      `The input "${open.name}" is [${open.dims.join(', ')}], and how many heads it has and how wide they are has to be said.`,
      'Export it with optimum-cli, which says it.',
    );
  const missing = past.find(
    ({ name }) => !model.graph.outputs.some((one) => one.name === name.replace('past_key_values', 'present')),
  );
  if (missing)
    throw unsupported(
      `The graph takes "${missing.name}" and gives no "${missing.name.replace('past_key_values', 'present')}".`,
      'Export it for text-generation-with-past.',
    );
  const isSampled = generation?.do_sample === true;
  const text: TextPart = {
    ...part,
    ...{ kind: 'generation', output: 'logits' },
    endTokens: [generation?.eos_token_id ?? config.eos_token_id ?? []].flat(),
    defaults: {
      max_tokens: generation?.max_new_tokens ?? USUAL_WRITTEN,
      temperature: isSampled ? (generation?.temperature ?? 1) : 0,
      top_k: generation?.top_k ?? 0,
      top_p: generation?.top_p ?? 1,
    },
  };
  return {
    format: 'Hugging Face, decoder in ONNX',
    notes: [
      ...notes,
      ...(past.length > 0
        ? []
        : [
            'The graph keeps no past_key_values: each token computes the whole text again. Export it for text-generation-with-past.',
          ]),
    ],
    suggested: TEXTS.slice(0, 2).map((row) => ({ ...row, max_tokens: 8, temperature: 0 })),
    build: (about) => appendMetadata(writeModel(model), entriesOf({ ...about, text })),
  };
}

/** Texts of several lengths and scripts. */
const TEXTS: readonly Row[] = [
  'The quick brown fox jumps over the lazy dog.',
  'a',
  'Wie geht es dir?  Straße, naïve café — 12,5 %!',
  '你好,世界 🙂',
].map((text) => ({ text }));
