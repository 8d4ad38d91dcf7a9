import type { Prediction, Row } from '@trestle/model';
import type { Description } from './description.ts';
import { exactElements, type InputTensor, invalid, jsonElements } from './input-tensor.ts';
import { DATATYPES, type ResponseTensor, type SentType } from './open-inference-schema.ts';
import { textsOf, utf8Of } from './tensor-bytes.ts';
import { type Element, misfitOfType } from './tensor-json.ts';

/** A feature's datatype in the protocol; times are milliseconds since 1970, images a PNG or a JPEG, as they are or in base64. */
const FEATURE_TYPES: Readonly<Record<string, SentType>> = {
  number: 'float32',
  boolean: 'bool',
  timestamp: 'float64',
  category: 'string',
  image: 'string',
  text: 'string',
};

/** A Trestle model has one input per feature, of shape [rows, 1]. */
export const featureInputs = (description: Description) =>
  description.features.map(({ name, type }) => ({
    name,
    datatype: DATATYPES[typeOfFeature(description, name, type)],
    shape: [-1, 1],
  }));

/** Numbers that float32 could not tell apart come as FP64. */
const typeOfFeature = ({ inputs }: Description, name: string, type: string): SentType =>
  type === 'number' && inputs.some((input) => input.name === name && input.type === 'float64')
    ? 'float64'
    : (FEATURE_TYPES[type] ?? 'float32');

const NUMBERS: readonly SentType[] = [
  ...(['float32', 'float64', 'float16', 'bfloat16'] as const),
  ...(['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'] as const),
];
/** What may stand for a feature's own datatype: any other number, as JSON tells no two of them apart. */
const ACCEPTED: Readonly<Record<string, readonly SentType[]>> = {
  number: NUMBERS,
  timestamp: [...NUMBERS, 'string'],
  boolean: ['bool'],
  category: ['string'],
  image: ['string'],
  text: ['string'],
};

/** What a model's answers are as tensors. */
export function predictionOutputs(
  description: Description,
): readonly { readonly name: string; readonly type: SentType }[] {
  if (description.task !== 'regression')
    return [
      { name: 'label', type: 'string' },
      { name: 'probability', type: 'float32' },
    ];
  const isWide = description.outputs.some(({ type }) => type === 'float64');
  return [{ name: 'value', type: isWide ? 'float64' : 'float32' }];
}

/** Turns columns of tensors into rows. @throws TRS_SERVING_TENSOR_INVALID naming the input */
export function rowsOf(inputs: readonly InputTensor[], description: Description): Row[] {
  const count = inputs[0]?.shape[0] ?? 0;
  const columns = inputs.map((input) => {
    const feature = description.features.find(({ name }) => name === input.name);
    if (!feature)
      throw invalid(input.name, `the model takes ${description.features.map(({ name }) => name).join(', ')}`);
    if (!(ACCEPTED[feature.type] ?? []).includes(input.type)) {
      const taken = DATATYPES[typeOfFeature(description, feature.name, feature.type)];
      throw invalid(input.name, `its datatype is ${input.datatype}, the model takes ${taken}`);
    }
    const [rows, width = 1, ...more] = input.shape;
    if (rows !== count || width !== 1 || more.length > 0)
      throw invalid(
        input.name,
        `its shape is [${input.shape}]; each feature is [rows] or [rows, 1], with equal rows`,
      );
    return { name: input.name, values: featureValues(input, feature.type) };
  });
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(columns.map(({ name, values }) => [name, values[row] ?? null])),
  );
}

/** What a row holds: JSON's null stays, for a feature that may be missing. */
function featureValues(input: InputTensor, feature: string): readonly Element[] {
  const { name, type, shape, data } = input;
  if (!(data instanceof Uint8Array)) {
    const values = jsonElements(name, data, shape);
    const present = values.map((value) => value ?? ABSENT[type] ?? 0);
    const misfit = misfitOfType(present, type);
    if (misfit !== undefined) throw invalid(name, misfit);
    return values.map((value) => asNumber(name, value));
  }
  if (feature === 'image') {
    const images = textsOf(data, shape[0] ?? 0);
    if (typeof images === 'string') throw invalid(name, images);
    return images.map((image) => (isImage(image) ? image.toString('base64') : (utf8Of(image) ?? '')));
  }
  const values = Array.from(exactElements(input) as ArrayLike<number | bigint | string>);
  return values.map((value) => (type === 'bool' ? Boolean(value) : asNumber(name, value)));
}

/** What stands for a missing value where its neighbours are looked at. */
const ABSENT: Readonly<Record<string, Element>> = { string: '', bool: false };

/** The first bytes of a PNG and of a JPEG. */
const isImage = (bytes: Buffer): boolean =>
  (bytes[0] === 0x89 && bytes[1] === 0x50) || (bytes[0] === 0xff && bytes[1] === 0xd8);

/** Features are doubles. @throws TRS_SERVING_TENSOR_INVALID for an integer that is no double */
function asNumber(name: string, value: Element): Element {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  if (BigInt(number) === value) return number;
  throw invalid(name, `it holds ${value}, which the model would read as ${number}`);
}

export const tensorsOf = (predictions: readonly Prediction[], description: Description): ResponseTensor[] =>
  predictionOutputs(description).map(({ name, type }) => ({
    name,
    type,
    shape: [predictions.length],
    // The package names its answers as the outputs are named.
    data: predictions.map((prediction) => prediction[name] as string | number),
  }));
