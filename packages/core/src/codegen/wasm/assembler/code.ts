export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/** Bytes, nested for cheap composition. A statement leaves nothing on the stack. */
export type Code = number | readonly Code[];

/** Code that leaves one value of a type on the stack. */
export interface Value<T extends ValueType = ValueType> {
  readonly type: T;
  readonly code: Code;
}

export interface Local<T extends ValueType = ValueType> {
  readonly type: T;
  readonly index: number;
}
