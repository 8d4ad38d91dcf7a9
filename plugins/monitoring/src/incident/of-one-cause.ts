/** What can have one cause: rows and what becomes of them, the feed itself, the service that answers. */
const AREAS: Readonly<Record<string, string>> = {
  drift: 'data',
  quality: 'data',
  performance: 'data',
  stale: 'feed',
  serving: 'service',
};

const areaOf = (kind: string): string => AREAS[kind] ?? kind;

/**
 * Whether an alert belongs to an incident of its deployment: they are of one area, and about a feature in common, or one of them is about
 * no feature in particular. So a column that goes missing, its drift and the loss that follows are one incident; two columns that
 * break apart from each other are two.
 */
export function isOfOneCause(
  alert: { readonly kind: string; readonly features: readonly string[] },
  incident: { readonly kinds: readonly string[]; readonly features: readonly string[] },
): boolean {
  if (!incident.kinds.some((kind) => areaOf(kind) === areaOf(alert.kind))) return false;
  if (alert.features.length === 0 || incident.features.length === 0) return true;
  return alert.features.some((feature) => incident.features.includes(feature));
}
