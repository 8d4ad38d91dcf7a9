import { ELEMENT_TYPES, type ElementType, isElementType } from '../format/element-types.ts';
import type { ValueType } from '../format/model.ts';
import { isTensorType } from '../format/model.ts';
import type { Optional, Sequence, Tensor, Value } from '../tensor/tensor.ts';

/*
 * What an operator takes and gives, in one line: 'T:float T? I:int* -> T int64'. A name stands for one type wherever it stands;
 * behind a colon are the types that it may be. `?` may be left out, `*` repeats the last. `V` is any value, `_` any tensor, both
 * without being the same everywhere. An element type stands for itself, `sequence<T>` and `optional<V>` for what holds them.
 */

const BIG_FLOATS: readonly ElementType[] = ['float16', 'bfloat16', 'float32', 'float64'];
const SMALL_FLOATS = ELEMENT_TYPES.filter((type) => /^float[48]/.test(type));
const INTEGERS = ELEMENT_TYPES.filter((type) => /int\d+$/.test(type) && !/int[24]$/.test(type));
const TINY_INTEGERS = ELEMENT_TYPES.filter((type) => /int[24]$/.test(type));
const NUMBERS = [...BIG_FLOATS, ...INTEGERS];

/** Sets of element types by name. */
const CLASSES: Readonly<Record<string, readonly ElementType[]>> = {
  any: ELEMENT_TYPES,
  number: NUMBERS,
  float: BIG_FLOATS,
  small: SMALL_FLOATS,
  tiny: TINY_INTEGERS,
  int: INTEGERS,
  unsigned: INTEGERS.filter((type) => type.startsWith('u')),
  signed: [...BIG_FLOATS, ...INTEGERS.filter((type) => !type.startsWith('u'))],
  index: ['int32', 'int64'],
};

type Held<N extends string> = N extends `sequence<${string}`
  ? Sequence
  : N extends `optional<${string}`
    ? Optional
    : N extends `V${string}`
      ? Value
      : Tensor;
type Items<S extends string> = S extends ''
  ? []
  : S extends `${infer First} ${infer Rest}`
    ? [...Item<First>, ...Items<Rest>]
    : Item<S>;
type Item<S extends string> = S extends `${infer N}*`
  ? Held<N>[]
  : S extends `${infer N}?`
    ? [Held<N> | undefined]
    : [Held<S>];

/** The inputs of a signature as a tuple. */
export type InputsOf<S extends string> = S extends `${infer I} -> ${string}`
  ? Items<I>
  : S extends ` -> ${string}` | `-> ${string}`
    ? []
    : never;

interface Slot {
  readonly type: string;
  readonly isOptional: boolean;
  readonly isRepeated: boolean;
}

export interface Signature {
  readonly inputs: readonly Slot[];
  readonly outputs: readonly Slot[];
  readonly allowed: ReadonlyMap<string, readonly ElementType[]>;
}

const parsed = new Map<string, Signature>();

export function parseSignature(text: string): Signature {
  const known = parsed.get(text);
  if (known) return known;
  const [left = '', right = ''] = text.split('->').map((side) => side.trim());
  const allowed = new Map<string, readonly ElementType[]>();
  const slots = (side: string): Slot[] =>
    side
      .split(' ')
      .filter((item) => item !== '')
      .map((item) => {
        const [, head = '', classes, mark = ''] = /^([^:?*]+)(?::([^?*]+))?([?*]?)$/.exec(item) ?? [];
        const variable = /^(?:sequence|optional)<(.+?)>+$/.exec(head)?.[1] ?? head;
        if (classes)
          allowed.set(
            variable,
            classes.split('|').flatMap((name) => (isElementType(name) ? [name] : (CLASSES[name] ?? []))),
          );
        return { type: head, isOptional: mark === '?', isRepeated: mark === '*' };
      });
  const signature = { inputs: slots(left), outputs: slots(right), allowed };
  parsed.set(text, signature);
  return signature;
}

export type Bindings = Map<string, ValueType>;

const isAnything = (name: string): boolean => name.startsWith('V') || name.startsWith('_');

/** Whether a value's type is what a slot wants; names of types are bound on the way. */
function fits(signature: Signature, wanted: string, type: ValueType, bindings: Bindings): boolean {
  const outer = /^(sequence|optional|map)<(.+)>$/.exec(wanted);
  if (outer) {
    const inner = /^(sequence|optional|map)<(.+)>$/.exec(type);
    return (
      inner?.[1] === outer[1] && fits(signature, outer[2] ?? '', (inner?.[2] ?? '') as ValueType, bindings)
    );
  }
  if (isElementType(wanted)) return wanted === type;
  const allowed = signature.allowed.get(wanted);
  if (allowed && !(isTensorType(type) && allowed.includes(type))) return false;
  if (wanted.startsWith('_')) return isTensorType(type);
  if (wanted.startsWith('V')) {
    if (!bindings.has(wanted)) bindings.set(wanted, type);
    return true;
  }
  if (!isTensorType(type)) return false;
  const bound = bindings.get(wanted);
  if (bound === undefined) bindings.set(wanted, type);
  return bound === undefined || bound === type;
}

/**
 * Compares the types of a node's inputs with a signature. An undefined type is one that is not known.
 *
 * @returns what the names stand for, or what is wrong in words
 */
export function bindInputs(
  signature: Signature,
  inputs: readonly { readonly isGiven: boolean; readonly type: ValueType | undefined }[],
): Bindings | string {
  const bindings: Bindings = new Map();
  const last = signature.inputs.at(-1);
  if (inputs.length > signature.inputs.length && !last?.isRepeated)
    return `it has ${inputs.length} inputs, at most ${signature.inputs.length} are known`;
  const required = signature.inputs.findLastIndex((slot) => !slot.isOptional && !slot.isRepeated);
  for (const [index, slot] of signature.inputs.entries())
    if (!slot.isOptional && !slot.isRepeated && index <= required && !inputs[index]?.isGiven)
      return `its input ${index} is missing`;
  for (const [index, { isGiven, type }] of inputs.entries()) {
    const slot = signature.inputs[index] ?? last;
    if (!isGiven || type === undefined || !slot) continue;
    if (!fits(signature, slot.type, type, bindings)) {
      const wanted = bindings.get(slot.type) ?? signature.allowed.get(slot.type)?.join(', ') ?? slot.type;
      return `its input ${index} is ${type}, and it takes ${wanted}`;
    }
  }
  return bindings;
}

/** The types of a node's outputs; undefined where they are not known. */
export function outputTypes(
  signature: Signature,
  bindings: Bindings,
  count: number,
): (ValueType | undefined)[] | string {
  const last = signature.outputs.at(-1);
  if (count > signature.outputs.length && !last?.isRepeated)
    return `it has ${count} outputs, at most ${signature.outputs.length} are known`;
  return Array.from({ length: count }, (_, index) => {
    const { type = '' } = signature.outputs[index] ?? last ?? {};
    return typeNamed(type, bindings);
  });
}

function typeNamed(name: string, bindings: Bindings): ValueType | undefined {
  const outer = /^(sequence|optional|map)<(.+)>$/.exec(name);
  if (outer) {
    const inner = typeNamed(outer[2] ?? '', bindings);
    return inner === undefined ? undefined : (`${outer[1]}<${inner}>` as ValueType);
  }
  if (isElementType(name)) return name;
  return bindings.get(name) ?? (isAnything(name) || !name.includes(',') ? undefined : (name as ValueType));
}
