import type { GoldenExamples, ModelOrigin, Row } from '@trestle/model';
import type { ModelSource } from './model-source.ts';

/** What is told of a model beside its graph. */
export interface About {
  readonly origin: ModelOrigin;
  readonly golden: GoldenExamples;
  readonly card: string;
}

/** A model of another library that was read: its graph, waiting for what is to be said of it. */
export interface ReadModel {
  readonly format: string;
  /** The library and its version, where the files tell it. */
  readonly framework: string | undefined;
  /** What a person should know of how it was taken. */
  readonly notes: readonly string[];
  /** Rows that came with it. */
  readonly examples?: readonly Row[];
  /** Rows that show what it does, from what its graph asks; undefined where inputs have to be guessed. */
  readonly suggested?: readonly Row[];
  /** Texts that the graph asks for: categories, words. */
  readonly texts?: readonly string[];
  /** Whether it is a package of ours, which says all of this itself. */
  readonly isPackage?: boolean;
  /** @returns an ONNX file with all of it */
  readonly build: (about: About) => Uint8Array;
}

/** Reads a file that another names. @param columns what its columns are called, where it does not say so itself */
export type ReadFile = (source: ModelSource, file: string, columns?: readonly string[]) => Promise<ReadModel>;
