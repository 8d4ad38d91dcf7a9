import { useEffect, useState } from 'preact/hooks';

/** `#/models/strikes` is `['models', 'strikes']`. Pages live behind the `#`, so any static server can serve the Studio. */
export const segmentsOf = (hash: string): string[] =>
  hash
    .replace(/\?.*$/s, '')
    .replace(/^#\/?/, '')
    .split('/')
    .filter((segment) => segment !== '')
    .map(decodeSegment);

/** The address of a page. */
export const to = (...segments: readonly string[]): string =>
  `#/${segments.map(encodeURIComponent).join('/')}`;

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export function useRoute(): string[] {
  return segmentsOf(useHash());
}

/** What an address says behind its `?`: the state of a page that is no page of its own. */
export const parametersOf = (hash: string): URLSearchParams =>
  new URLSearchParams(hash.includes('?') ? hash.slice(hash.indexOf('?') + 1) : '');

/** An address with other parameters; those that are empty are left out of it. */
export function withParameters(hash: string, changes: Readonly<Record<string, string>>): string {
  const parameters = parametersOf(hash);
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') parameters.delete(name);
    else parameters.set(name, value);
  }
  const [path = ''] = hash.split('?');
  return `${path || '#/'}${parameters.size === 0 ? '' : `?${parameters}`}`;
}

/**
 * A part of the page's state that is kept in its address, so that a link and the way back lead to it. The address is replaced, not
 * added to: typing leaves no trail.
 */
export function useParameter(name: string): readonly [value: string, set: (value: string) => void] {
  const value = parametersOf(useHash()).get(name) ?? '';
  return [
    value,
    (next) => {
      history.replaceState(undefined, '', withParameters(location.hash, { [name]: next }));
      dispatchEvent(new HashChangeEvent('hashchange'));
    },
  ];
}

/** The whole address behind the page's, as it was gone to. */
export function useHash(): string {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = (): void => setHash(location.hash);
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return hash;
}

/** The page of a lineage reference: `model:strikes@3`, `run:r-…`; its lineage where it has no page of its own. */
export function pageOf(ref: string): string {
  const [kind = '', rest = ''] = [ref.slice(0, ref.indexOf(':')), ref.slice(ref.indexOf(':') + 1)];
  const [name = ''] = rest.split('@');
  if (kind === 'dataset') return to('datasets', rest);
  if (kind === 'run') return to('runs', rest);
  if (kind === 'model') return to('models', name);
  if (kind === 'pipeline') return to('pipelines', name);
  if (kind === 'deployment') return to('deployments', name);
  return to('lineage', ref);
}
