import { type DType, isFloat } from '../../graph/dtype.ts';

/** What a code generator must know of the adapter that it writes for. */
export interface ShaderTarget {
  /** Shaders run on the CPU: barriers and shared memory cost more there than they save. */
  readonly isSoftware: boolean;
  /** Bytes that the invocations of one workgroup may share. */
  readonly workgroupStorage: number;
  /** Invocations that a workgroup may have. */
  readonly workgroupInvocations: number;
  /** Workgroups of 256 invocations that fill it: products are cut into smaller tiles, or along k, before there are fewer. */
  readonly workgroups: number;
  /** How many invocations exchange values without shared memory, where they can: their number differs, and may differ by shader. */
  readonly subgroups: { readonly min: number; readonly max: number } | undefined;
}

/** Nothing tells how many processors an adapter has; this fills those of the large ones. */
export const ENOUGH_WORKGROUPS = 96;

/** What every WebGPU device has at least. */
export const LEAST_TARGET: ShaderTarget = {
  isSoftware: false,
  workgroupStorage: 16_384,
  workgroupInvocations: 256,
  workgroups: ENOUGH_WORKGROUPS,
  subgroups: undefined,
};

/** A buffer that a shader binds: one of the kernel's inputs, its output, or memory that only this program uses. */
export type BufferUse =
  | { readonly kind: 'input'; readonly input: number }
  | { readonly kind: 'output' }
  | { readonly kind: 'scratch'; readonly scratch: number };

/** One dispatch. */
export interface Shader {
  /** What it does and on which shape, for profiles. */
  readonly label: string;
  readonly source: string;
  /** By binding. */
  readonly buffers: readonly BufferUse[];
  /** The words of the uniform that follows the buffers; none when empty. Not part of the source: they may change. */
  readonly constants: readonly number[];
  /** Workgroups in x, y and z. */
  readonly grid: readonly [number, number, number];
}

/** A kernel as shaders, to be run one behind the other. */
export interface Program {
  readonly shaders: readonly Shader[];
  /** Words of each scratch buffer. */
  readonly scratch: readonly number[];
  /** Whether the output must be zeros before. */
  readonly startsFromZeros: boolean;
}

/** Booleans are words in storage: WGSL has no smaller type that a buffer may hold. */
export const storageType = (dtype: DType): string =>
  isFloat(dtype) ? 'f32' : dtype === 'int32' ? 'i32' : 'u32';

/** What a buffer is an array of, for `width` elements at once. Halves lie two in a word; singly, a word is what is read or written. */
export const bufferType = (dtype: DType, width: 1 | 4): string => {
  if (dtype === 'float16') return width === 1 ? 'u32' : 'vec2<u32>';
  return vectorType(dtype, width);
};

/** The type of `width` elements side by side. */
export const vectorType = (dtype: DType, width: 1 | 4): string =>
  width === 1 ? storageType(dtype) : `vec4<${storageType(dtype)}>`;

export const program = (shaders: readonly Shader[], scratch: readonly number[] = []): Program => ({
  shaders: shaders.filter(({ grid }) => grid.every((count) => count > 0)),
  scratch,
  startsFromZeros: false,
});
