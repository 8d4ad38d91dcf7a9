import type { ComponentChildren } from 'preact';

/** A value of a row, which may be anything, as text. */
export function shown(value: unknown): ComponentChildren {
  if (value === null || value === undefined) return <span class="quiet">NULL</span>;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
