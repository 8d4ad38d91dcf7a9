import type { ValueInfo } from '@trestle/onnx';
import type { Feature } from '../metadata.ts';
import type { Verification } from '../model.ts';
import type { Progress, Source } from './download.ts';

/** What a page knows of a model that is open in its worker. */
export interface Opened {
  readonly digest: string;
  readonly card: string;
  readonly features: readonly Feature[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly isWriting: boolean;
}

export type Method = 'predict' | 'run' | 'verify' | 'generate' | 'stop';

/** From the page to its worker. */
export type Request =
  | { readonly id: number; readonly open: Source; readonly device: 'wasm' | 'webgpu' | undefined }
  | { readonly id: number; readonly method: Method; readonly argument: unknown };

/** An error as it goes through `postMessage`: a class does not. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

/** From the worker to its page. */
export type Reply =
  | { readonly id: number; readonly progress: Progress }
  | { readonly id: number; readonly piece: unknown }
  | { readonly id: number; readonly value: Opened | Verification | unknown }
  | { readonly id: number; readonly failure: Failure };
