import type { OnnxModel } from '@trestle/onnx';
import { METADATA_PREFIX, type ModelMetadata, modelMetadataSchema } from './metadata.ts';
import { ModelError } from './model-error.ts';

/** Our metadata of an ONNX file; undefined for one that was made elsewhere. @throws TRS_MODEL_METADATA */
export function readMetadata(model: OnnxModel): ModelMetadata | undefined {
  const ours = Object.entries(model.metadata).filter(([name]) => name.startsWith(METADATA_PREFIX));
  if (ours.length === 0) return undefined;
  const parsed = Object.fromEntries(
    ours.map(([name, text]) => [name.slice(METADATA_PREFIX.length), parse(name, text)]),
  );
  const result = modelMetadataSchema.safeParse(parsed);
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
