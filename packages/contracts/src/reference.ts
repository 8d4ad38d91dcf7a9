import { TrestleError } from '@trestle/kernel/spec';

/** `name`, `name@3` or `name@alias`; a bare name means `@latest`. */
export interface Reference {
  readonly name: string;
  readonly selector:
    | { readonly kind: 'latest' }
    | { readonly kind: 'version'; readonly version: number }
    | { readonly kind: 'alias'; readonly alias: string };
}

/** Names of datasets, models, deployments and aliases: letters, digits, `-`, `_`, `.`; at most 100 characters. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** Reads a reference. @throws TRS_REFERENCE_INVALID */
export function parseReference(text: string): Reference {
  const [name = '', selector, ...rest] = text.split('@');
  if (rest.length > 0 || !NAME_PATTERN.test(name)) throw notAReference(text);
  if (selector === undefined || selector === 'latest') return { name, selector: { kind: 'latest' } };
  if (!NAME_PATTERN.test(selector)) throw notAReference(text);
  if (!/^\d+$/.test(selector)) return { name, selector: { kind: 'alias', alias: selector } };
  const version = Number(selector);
  // Versions count from 1; `007` or a number that no longer is exact would be another version than the one written.
  if (version < 1 || String(version) !== selector) throw notAReference(text);
  return { name, selector: { kind: 'version', version } };
}

const notAReference = (text: string): TrestleError =>
  new TrestleError('TRS_REFERENCE_INVALID', {
    kind: 'invalid',
    message: `"${text.slice(0, 120)}" is not a reference.`,
    hint: 'Write name, name@3 or name@alias; names hold letters, digits, dots, dashes and underscores.',
  });

/** What a thing is called in lineage and events: `dataset:strikes@2`, `run:r-…`, `model:strikes@1`. */
export type Ref = `${RefKind}:${string}`;
export type RefKind =
  | 'file'
  | 'dataset'
  | 'run'
  | 'model'
  | 'deployment'
  | 'prediction'
  | 'alert'
  | 'incident';
