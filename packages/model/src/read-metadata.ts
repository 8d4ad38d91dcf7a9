import type { OnnxModel } from '@trestle/onnx';
import type { z } from 'zod';
import {
  type ForeignMetadata,
  foreignMetadataSchema,
  METADATA_PREFIX,
  type ModelMetadata,
  modelMetadataSchema,
} from './metadata.ts';
import { ModelError } from './model-error.ts';

/** What a package says around its graph. */
export interface Told {
  /** Of a package that was made here. */
  readonly metadata: ModelMetadata | undefined;
  /** Of one that was made elsewhere; undefined of a plain ONNX file. */
  readonly foreign: ForeignMetadata | undefined;
}

/** Our metadata of an ONNX file. @throws TRS_MODEL_METADATA */
export function readMetadata(model: OnnxModel): Told {
  const ours = Object.entries(model.metadata).filter(([name]) => name.startsWith(METADATA_PREFIX));
  if (ours.length === 0) return { metadata: undefined, foreign: undefined };
  const parsed = Object.fromEntries(
    ours.map(([name, text]) => [name.slice(METADATA_PREFIX.length), parse(name, text)]),
  );
  if ('origin' in parsed && !('schema' in parsed))
    return { metadata: undefined, foreign: checked(foreignMetadataSchema.safeParse(parsed)) };
  return { metadata: checked(modelMetadataSchema.safeParse(parsed)), foreign: undefined };
}

function checked<T>(result: z.ZodSafeParseResult<T>): T {
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw metadataError(`${issue?.path.join('.')}: ${issue?.message}`);
}

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw metadataError(`${name} is no JSON`);
  }
}

const metadataError = (reason: string): ModelError =>
  new ModelError(
    'METADATA',
    `The model's metadata cannot be used: ${reason}.`,
    'The file was changed after it was packaged, or is of a newer version.',
  );
