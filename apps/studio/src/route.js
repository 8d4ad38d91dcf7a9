import { useEffect, useState } from 'preact/hooks';
/** `#/models/strikes` is `['models', 'strikes']`. Pages live behind the `#`, so any static server can serve the Studio. */
export const segmentsOf = (hash) =>
  hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter((segment) => segment !== '')
    .map(decodeSegment);
/** The address of a page. */
export const to = (...segments) => `#/${segments.map(encodeURIComponent).join('/')}`;
function decodeSegment(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
export function useRoute() {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return segmentsOf(hash);
}
/** The page of a lineage reference: `model:strikes@3`, `run:r-…`; its lineage where it has no page of its own. */
export function pageOf(ref) {
  const [kind = '', rest = ''] = [ref.slice(0, ref.indexOf(':')), ref.slice(ref.indexOf(':') + 1)];
  const [name = ''] = rest.split('@');
  if (kind === 'dataset') return to('datasets', rest);
  if (kind === 'run') return to('runs', rest);
  if (kind === 'model') return to('models', name);
  if (kind === 'pipeline') return to('pipelines', name);
  if (kind === 'deployment') return to('deployments', name);
  return to('lineage', ref);
}
