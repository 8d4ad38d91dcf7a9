import type { Row } from '@trestle/model';
import type { TensorData, ValueData } from '@trestle/onnx';

type Tensors = Readonly<Record<string, Omit<TensorData, 'name'>>>;

/** What a worker is asked. The model is named by its digest, and read from a file that was checked against it. */
export interface Task {
  readonly digest: string;
  readonly path: string;
  readonly ask:
    | { readonly kind: 'describe' }
    | { readonly kind: 'predict'; readonly rows: readonly Row[] }
    | { readonly kind: 'run'; readonly inputs: Tensors };
}

export interface Description {
  readonly task: string | undefined;
  readonly features: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

interface Value {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly (number | string)[];
}

/** What a worker answers. Errors cross as data: an Error loses its code on the way between threads. */
export type Answer =
  | { readonly kind: 'described'; readonly description: Description }
  | {
      readonly kind: 'predicted';
      readonly predictions: readonly Readonly<Record<string, unknown>>[];
      /** Of each row: what its images look like (`photo.brightness`); empty where a model takes none. */
      readonly statistics: readonly Readonly<Record<string, number>>[];
      /** Of each row: fields that the model reads as other numbers than came. Holes stand for none. */
      readonly rounded: readonly (readonly string[] | undefined)[];
    }
  | { readonly kind: 'ran'; readonly outputs: Readonly<Record<string, ValueData>> }
  | {
      readonly kind: 'failed';
      readonly error: {
        readonly code: string;
        readonly kind: string;
        readonly message: string;
        readonly hint: string | undefined;
        readonly details: Readonly<Record<string, unknown>>;
      };
    };
