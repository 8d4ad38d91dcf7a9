import { extensionPoint } from '@trestle/kernel/spec';
import type { ModelVersion } from './models.ts';

export interface ExportRequest {
  readonly model: ModelVersion;
  /** The model package, checked: a file that is only read. */
  readonly file: string;
  /** Where to write; nothing is there yet. It gets the name that the caller gave when the format is done. */
  readonly out: string;
  /** What the caller said of the format's options; names that it does not have were refused. */
  readonly options: Readonly<Record<string, string>>;
  /** What a path that an option names is, where the caller may read it. @throws what the door refuses it for */
  readonly read: (path: string) => Promise<string>;
  readonly signal: AbortSignal;
  readonly progress: (update: { readonly step: string; readonly fraction?: number }) => void;
}

/** What a model version can be written as, for use elsewhere. */
export interface ExportFormat {
  /** `onnx`, `oci`. */
  readonly name: string;
  /** Half a sentence: `the whole package in one file`. */
  readonly summary: string;
  /** Its options, and what each says. */
  readonly options: Readonly<Record<string, string>>;
  readonly load: () => Promise<
    (request: ExportRequest) => Promise<{ readonly digest: string; readonly bytes: number }>
  >;
}

/** Where a plugin adds a format. */
export const exportFormats = extensionPoint<ExportFormat>('registry.export-formats');
