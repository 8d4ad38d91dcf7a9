import type { DType } from '../../graph/dtype.ts';
import { type Resources, usesOf } from './emitter.ts';
import { preludeOf } from './functions.ts';
import { type BufferUse, bufferType, type Shader, vectorType } from './program.ts';

/** WebGPU guarantees 65,535 workgroups per dimension. */
export const MAX_WORKGROUPS = 65_535;

export interface ShaderParts {
  readonly label: string;
  readonly resources: Resources;
  /** What is written: the kernel's output, or a scratch buffer. */
  readonly target: BufferUse;
  readonly targetType: DType;
  /** Elements written at once. */
  readonly targetWidth?: 1 | 4;
  /** The type of its elements in the source, if it is not that of the values. */
  readonly targetCode?: string;
  /** Further buffers with their declarations, after the inputs. */
  readonly extra?: readonly { readonly use: BufferUse; readonly declaration: string }[];
  readonly workgroup: readonly [number, number];
  readonly grid: readonly [number, number, number];
  /** Declarations outside of `main`: shared memory, functions. */
  readonly outside?: string;
  readonly body: string;
}

/** Puts a shader together: bindings as used, constants behind them, and `main` around the body. */
export function shaderOf(parts: ShaderParts): Shader {
  const { resources, target, targetType, targetWidth = 1, extra = [], workgroup, outside = '', body } = parts;
  const declarations = resources.inputs.map((input) => {
    const type = bufferType(resources.inputTypes[input] ?? 'float32', resources.inFours.has(input) ? 4 : 1);
    return `var<storage, read> input${input}: array<${type}>;`;
  });
  const all = [
    ...declarations,
    ...extra.map(({ declaration }) => declaration),
    `var<storage, read_write> output: array<${parts.targetCode ?? bufferType(targetType, targetWidth)}>;`,
  ];
  const { constants } = resources;
  if (constants.length > 0) {
    all.push(`var<uniform> constants: array<vec4<u32>, ${Math.ceil(constants.length / 4)}>;`);
  }
  const bindings = all.map((declaration, binding) => `@group(0) @binding(${binding}) ${declaration}`);
  // What invocations that have ended, or fold nothing, would have to say does not matter: see where subgroups are used.
  const extensions = /\b(quad|subgroup)[A-Z]/.test(outside + body)
    ? 'enable subgroups;\ndiagnostic(off, subgroup_uniformity);\n'
    : '';
  const source = `${extensions}${bindings.join('\n')}
${outside}${preludeOf(outside + body)}
@compute @workgroup_size(${workgroup[0]}, ${workgroup[1]})
fn main(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>) {
${body}
}
`;
  return {
    label: parts.label,
    source,
    buffers: [...usesOf(resources), ...extra.map(({ use }) => use), target],
    constants: [...constants],
    grid: parts.grid,
  };
}

/** A grid for a number of invocations in workgroups of `size`, and the statements that number them as `index`. */
export function linear(
  invocations: number,
  size: number,
): { readonly grid: readonly [number, number, number]; readonly head: string } {
  const workgroups = Math.ceil(invocations / size);
  const rows = Math.ceil(workgroups / MAX_WORKGROUPS);
  const index = rows <= 1 ? 'id.x' : `id.x + id.y * ${size * MAX_WORKGROUPS}u`;
  const isWhole = rows <= 1 && invocations % size === 0;
  return {
    grid: [Math.min(workgroups, MAX_WORKGROUPS), rows, 1],
    head: `  let index = ${index};\n${isWhole ? '' : `  if (index >= ${invocations}u) { return; }\n`}`,
  };
}

/** The same for whole workgroups, numbered as `block`. */
export function blocks(count: number): {
  readonly grid: readonly [number, number, number];
  readonly head: string;
} {
  const rows = Math.ceil(count / MAX_WORKGROUPS);
  const head =
    rows <= 1
      ? '  let block = group.x;\n'
      : `  let block = group.x + group.y * ${MAX_WORKGROUPS}u;\n  if (block >= ${count}u) { return; }\n`;
  return { grid: [Math.min(count, MAX_WORKGROUPS), rows, 1], head };
}

export const indented = (lines: readonly string[], depth: number): string =>
  lines.map((line) => `${'  '.repeat(depth)}${line}\n`).join('');

export const zeroOf = (dtype: DType, width: 1 | 4 = 1): string => `${vectorType(dtype, width)}(0)`;
