import { unreadable } from './formats-error.ts';
import type { ModelSource } from './model-source.ts';

const SCIKIT_LEARN =
  'from skl2onnx import to_onnx; open("model.onnx", "wb").write(to_onnx(model, X[:1]).SerializeToString()). ' +
  'Of XGBoost and LightGBM: model.get_booster().save_model("model.json"), model.booster_.save_model("model.txt").';
const TORCH = 'torch.onnx.export(model.eval(), example, "model.onnx", opset_version=17)';
const TENSORFLOW = 'python -m tf2onnx.convert --saved-model DIR --output model.onnx';
const KERAS =
  'model.export("model.onnx", format="onnx") (Keras 3), or python -m tf2onnx.convert --keras model.h5 --output model.onnx';
const HUGGING_FACE = 'optimum-cli export onnx --model DIR_OR_NAME OUT, and register OUT';

interface Refused {
  readonly what: string;
  readonly todo: string;
}
const export_ = (what: string, todo: string): Refused => ({
  what,
  todo: `Export it where it was made: ${todo}`,
});

const PICKLE = export_('a Python pickle, which runs code when it is loaded', SCIKIT_LEARN);
const PYTORCH = export_('a checkpoint of PyTorch: weights and a pickle', TORCH);
const KERAS_FILE = export_('a model of Keras', KERAS);
const SAFETENSORS = export_('safetensors: weights without the graph that computes with them', HUGGING_FACE);

/** Files that are models elsewhere, by what they begin with. */
const BY_HEAD: readonly (readonly [is: (head: Uint8Array, text: string) => boolean, refused: Refused])[] = [
  [(head) => head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 9) <= 5, PICKLE],
  [(head, text) => head[0] === 0x89 && text.slice(1, 4) === 'HDF', KERAS_FILE],
  [(head, text) => isSafetensors(head, text), SAFETENSORS],
  [(_, text) => text.startsWith('GGUF'), export_('a model of llama.cpp (GGUF)', HUGGING_FACE)],
  [
    (_, text) => text.slice(4, 8) === 'TFL3',
    export_(
      'a model of TensorFlow Lite',
      'python -m tf2onnx.convert --tflite model.tflite --output model.onnx',
    ),
  ],
  [
    (_, text) => text.startsWith('CBM1'),
    export_('a model of CatBoost', 'model.save_model("model.onnx", format="onnx")'),
  ],
  [
    (_, text) => /^(binf|CONFIG-offset:)/.test(text),
    export_('a model of XGBoost in its old binary form', 'booster.save_model("model.json")'),
  ],
  [
    (_, text) => /"format"\s*:\s*"(layers|graph)-model"|"modelTopology"\s*:/.test(text),
    export_(
      'a model of TensorFlow.js',
      'tensorflowjs_converter --input_format=tfjs_layers_model --output_format=keras_saved_model model.json DIR && python -m tf2onnx.convert --saved-model DIR --output model.onnx',
    ),
  ],
  [
    (_, text) => /^(<\?xml[^>]*>\s*)?<PMML\b/.test(text.trimStart()),
    export_('PMML', 'to_onnx of skl2onnx, or sklearn-onnx, from the model that the PMML was made of'),
  ],
  [
    (head) => head[0] === 0x1f && head[1] === 0x8b,
    { what: 'compressed with gzip', todo: 'Unpack it first: gunzip FILE, or tar xzf FILE.' },
  ],
  [
    (head) => head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd,
    { what: 'compressed with zstd', todo: 'Unpack it first: unzstd FILE.' },
  ],
];

/** What a zip archive is, by names of files in it. */
const BY_MEMBER: readonly (readonly [name: RegExp, refused: Refused])[] = [
  [/\/data\.pkl|\/constants\.pkl/, PYTORCH],
  [/model\.weights\.h5/, KERAS_FILE],
  [/\.npy/, export_('an archive of NumPy arrays: weights without the graph that computes with them', TORCH)],
];

/** Folders that are models elsewhere, by files in them. */
const BY_FILE: readonly (readonly [name: RegExp, refused: Refused])[] = [
  [/^saved_model\.pb$/, export_('a SavedModel of TensorFlow', TENSORFLOW)],
  [
    /(^|\/)pytorch_model(-\d+-of-\d+)?\.bin$/,
    export_('weights of PyTorch in Hugging Face’s layout', HUGGING_FACE),
  ],
  [/\.safetensors(\.index\.json)?$/, SAFETENSORS],
  [/^keras_metadata\.pb$/, KERAS_FILE],
  [/\.(pt|pth|ckpt)$/, PYTORCH],
  [/\.(pkl|pickle|joblib)$/, PICKLE],
];

/** A JSON header of a length that comes before it. */
function isSafetensors(head: Uint8Array, text: string): boolean {
  if (head.length < 16 || text[8] !== '{') return false;
  const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
  return length > 2n && length < 100_000_000n && /^\{\s*("|\})/.test(text.slice(8));
}

const latin = new TextDecoder('latin1');

/** Why a file is no model that is read here, if it is known for what it is. */
export async function refusedFile(source: ModelSource, file: string): Promise<Refused | undefined> {
  const head = await source.head(file);
  const text = latin.decode(head);
  if (text.startsWith('PK\x03\x04')) {
    const members = text + latin.decode(await source.tail(file, 2 ** 16));
    const found = BY_MEMBER.find(([name]) => name.test(members))?.[1];
    return found ?? { what: 'a zip archive', todo: 'Unpack it, and register the model in it.' };
  }
  return BY_HEAD.find(([is]) => is(head, text))?.[1];
}

export const refusedFolder = (source: ModelSource): Refused | undefined =>
  BY_FILE.find(([name]) => source.files.some((file) => name.test(file)))?.[1];

/** @throws TRS_FORMATS_REFUSED */
export const refuse = (name: string, { what, todo }: Refused) => unreadable(`"${name}" is ${what}.`, todo);
