import type { Budget } from './budget.ts';
import type { ValueData, ValueType } from './model.ts';
import { isTensorType } from './model.ts';
import { readTensor } from './read-tensor.ts';
import { fieldsOf, malformed } from './wire.ts';

/** A value in a file of its own, as ONNX keeps test data: TensorProto, SequenceProto or OptionalProto, by its type. */
export function readValue(message: Uint8Array, type: ValueType, budget: Budget): ValueData {
  if (isTensorType(type)) return readTensor(message, budget);
  const [, holder = '', inner = ''] = /^(\w+)<(.+)>$/.exec(type) ?? [];
  const items: ValueData[] = [];
  budget.enter();
  if (holder === 'map') throw malformed('tables are not kept in files');
  let name = '';
  for (const field of fieldsOf(message)) {
    // The tag says what the items are, which the type has said already.
    if (field.tag >= 3 && field.isCounted) items.push(readValue(field.bytes, inner as ValueType, budget));
    else if (field.tag === 1) name = new TextDecoder().decode(field.bytes);
  }
  budget.leave();
  return { name, type: holder === 'optional' ? `optional<${inner}>` : `sequence<${inner}>`, items };
}
