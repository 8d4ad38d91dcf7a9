import { OnnxError } from '../onnx-error.ts';
import type { ElementType } from './model.ts';

/** TensorProto.DataType of onnx.proto3. */
const NUMBERS: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float64: 11,
};

export const elementTypeNumber = (type: ElementType): number => NUMBERS[type];

export function elementTypeOf(number: number, where: string): ElementType {
  for (const [type, known] of Object.entries(NUMBERS)) {
    // The keys of the record are the element types.
    if (known === number) return type as ElementType;
  }
  throw new OnnxError(
    'TYPE',
    `${where} has the element type ${number}, which is not supported.`,
    `Convert it to one of ${Object.keys(NUMBERS).join(', ')}.`,
  );
}
