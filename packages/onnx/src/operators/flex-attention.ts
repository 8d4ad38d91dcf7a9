import type { ElementType } from '../format/element-types.ts';
import { isTensorType, type ValueType } from '../format/model.ts';
import { fromNumbers, type Tensor, wideOf } from '../tensor/tensor.ts';
import { checked, elementType, float, optionalGraph } from './attributes.ts';
import { type Call, op, type Versions } from './definition.ts';
import { multiplied } from './matrix.ts';
import { softmaxRow } from './normalisation.ts';

const precisionOf = (given: ElementType | undefined, query: ValueType | undefined): ElementType =>
  given ?? (query === 'float64' ? 'float64' : 'float32');

/** The graph of a node, if it has it, on a tensor that keeps its shape and type. */
async function modified(x: Tensor, attribute: string, isGiven: boolean, call: Call): Promise<Tensor> {
  if (!isGiven) return x;
  const [found] = await call.body(attribute).run([x]);
  if (found?.kind === 'tensor' && found.type === x.type && found.dims.join() === x.dims.join()) return found;
  throw call.fail(`its graph "${attribute}" changes the shape or the type`);
}

/** Each head of keys and values as often as a group of query heads shares it. */
function shared(x: Tensor, heads: number): Tensor {
  const [batch = 0, groups = 0, length = 0, size = 0] = x.dims;
  const values = wideOf(x);
  const out = new Float64Array(batch * heads * length * size);
  for (let at = 0; at < batch * heads; at++) {
    const from = Math.floor(at / heads) * groups + Math.floor((at % heads) / (heads / groups));
    out.set(values.subarray(from * length * size, (from + 1) * length * size), at * length * size);
  }
  return fromNumbers('float64', [batch, heads, length, size], out);
}

function transposedLast(x: Tensor): Tensor {
  const [batch = 0, heads = 0, length = 0, size = 0] = x.dims;
  const values = wideOf(x);
  const out = new Float64Array(values.length);
  for (let plane = 0; plane < batch * heads; plane++)
    for (let i = 0; i < length; i++)
      for (let k = 0; k < size; k++)
        out[(plane * size + k) * length + i] = values[(plane * length + i) * size + k] ?? 0;
  return fromNumbers('float64', [batch, heads, size, length], out);
}

/** Attention whose scores and weights go through graphs of the node. */
export const FlexAttention: Versions = {
  1: op(
    'T:float T T -> T',
    {
      prob_mod: optionalGraph(),
      scale: float(),
      score_mod: optionalGraph(),
      softmax_precision: checked(
        elementType(),
        (type) => type === undefined || ['float16', 'bfloat16', 'float32', 'float64'].includes(type),
        'a float type',
      ),
    },
    async ([q, k, v], { prob_mod, scale, score_mod, softmax_precision: given }, call) => {
      const [, heads = 0, , size = 0] = q.dims;
      const [, groups = 0] = k.dims;
      const isFitting =
        [q, k, v].every(({ dims }) => dims.length === 4) && k.dims[3] === size && v.dims[1] === groups;
      if (!isFitting || groups < 1 || heads % groups !== 0)
        throw call.fail(`queries [${q.dims}], keys [${k.dims}] and values [${v.dims}] do not fit`);
      const type = precisionOf(given, q.type);
      const wide = fromNumbers('float64', q.dims, wideOf(q));
      const products = multiplied(wide, transposedLast(shared(k, heads)), call.fail);
      const factor = scale ?? 1 / Math.sqrt(size);
      const raw = fromNumbers(
        type,
        products.dims,
        wideOf(products).map((x) => x * factor),
      );
      const weights = wideOf(await modified(raw, 'score_mod', score_mod !== undefined, call));
      const keys = k.dims[2] ?? 0;
      for (let row = 0; row < weights.length / keys; row++)
        softmaxRow(weights.subarray(row * keys, (row + 1) * keys));
      const chosen = await modified(
        fromNumbers(type, products.dims, weights),
        'prob_mod',
        prob_mod !== undefined,
        call,
      );
      const y = multiplied(fromNumbers('float64', chosen.dims, wideOf(chosen)), shared(v, heads), call.fail);
      return fromNumbers(q.type, y.dims, wideOf(y));
    },
    {
      bodies: ([query], { softmax_precision: given }) => {
        const type = query !== undefined && isTensorType(query) ? precisionOf(given, query) : undefined;
        return { score_mod: [type], prob_mod: [type] };
      },
    },
  ),
};
