import type { Static, Tree } from '../grad/tree.ts';
import { Tensor } from '../tensor/tensor.ts';

/** The form of a tree without its tensors: what is left of a traced result. */
export type TreeForm =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'static'; readonly value: Static }
  | { readonly kind: 'list'; readonly items: readonly TreeForm[] }
  | { readonly kind: 'record'; readonly members: readonly (readonly [string, TreeForm])[] };

export function formOf(tree: Tree): TreeForm {
  if (tree instanceof Tensor) return { kind: 'leaf' };
  if (typeof tree !== 'object' || tree === null) return { kind: 'static', value: tree };
  if (Array.isArray(tree)) return { kind: 'list', items: tree.map(formOf) };
  return { kind: 'record', members: Object.entries(tree).map(([name, child]) => [name, formOf(child)]) };
}

/** A tree of a form, with leaves in order. */
export function fill(form: TreeForm, leaves: Iterator<Tensor>): Tree {
  switch (form.kind) {
    case 'leaf':
      return leaves.next().value;
    case 'static':
      return form.value;
    case 'list':
      return form.items.map((item) => fill(item, leaves));
    case 'record':
      return Object.fromEntries(form.members.map(([name, child]) => [name, fill(child, leaves)]));
  }
}

/** A text that two trees have in common when a traced function may be used for both: form, shapes, types, static values. */
export function signature(tree: Tree): string {
  if (tree instanceof Tensor) return `${tree.dtype}[${tree.shape.join()}]${tree.device.name}`;
  if (typeof tree === 'string') return JSON.stringify(tree);
  // -0 is another number than 0: what divides by it has another sign.
  if (typeof tree !== 'object' || tree === null) return Object.is(tree, -0) ? '-0' : String(tree);
  if (Array.isArray(tree)) return `[${tree.map(signature).join(';')}]`;
  let text = '{';
  for (const [name, child] of Object.entries(tree)) text += `${JSON.stringify(name)}:${signature(child)};`;
  return `${text}}`;
}
