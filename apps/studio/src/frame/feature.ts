import type { ComponentChildren } from 'preact';

/** Something that can be gone to by its name. */
export interface Place {
  readonly name: string;
  /** What it is: `dataset`, `operation`. */
  readonly kind: string;
  readonly href: string;
}

/** A part of the Studio: a folder with its pages, and what in it can be gone to. */
export interface Feature {
  /** The first segment of its addresses. */
  readonly section: string;
  readonly title: string;
  /** The page of an address, by the segments behind the first. */
  readonly page: (segments: readonly string[]) => ComponentChildren;
  /** Its objects, for the command palette. */
  readonly places?: () => Promise<readonly Place[]>;
}
