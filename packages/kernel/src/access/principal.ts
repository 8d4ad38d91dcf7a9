/** Who acts. Scopes are `area:action`, where either side may be `*`, and of some things only `area:action@kind/name`. */
export interface Principal {
  readonly id: string;
  readonly scopes: readonly string[];
}

/** Something that an action touches: `model/churn`. */
export interface Resource {
  /** `dataset`, `model`, `deployment`, `run` or another word. */
  readonly kind: string;
  readonly name: string;
}

/** Everything there is: what an action touches that does not say what it touches. */
export const WORKSPACE: Resource = { kind: 'workspace', name: 'default' };

/** `model/churn` */
export const resourceName = ({ kind, name }: Resource): string => `${kind}/${name}`;

/** The person at the command line of their own machine: the operating system decides what they may touch. */
export const localPrincipal = (user: string): Principal => ({ id: `local:${user}`, scopes: ['*:*'] });

/** The host itself, when it runs scheduled work or reacts to an event. */
export const systemPrincipal: Principal = { id: 'system', scopes: ['*:*'] };

/** The permission of health and readiness: everybody has it, signed in or not. */
export const OPEN_ACCESS = 'open:health';

/** The permission of a caller's own things: everybody who is known has it, whatever their scopes. */
export const OWN_ACCESS = 'own:read';

/** How a scope is written: `registry:write`, `*:read`, `registry:write@model/churn*`. */
export const SCOPE_PATTERN = /^(\*|[a-z][a-z0-9-]*):(\*|[a-z]+)(@(\*|[a-z][a-z0-9-]*)\/[^@\s*]*\*?)?$/;

interface Scope {
  readonly area: string;
  readonly action: string;
  /** What it is confined to; undefined where it is not. */
  readonly of: Resource | undefined;
}

function readScope(text: string): Scope {
  const [permission = '', confined] = text.split('@', 2);
  const [area = '', action = ''] = permission.split(':');
  if (confined === undefined) return { area, action, of: undefined };
  const at = confined.indexOf('/');
  return { area, action, of: { kind: confined.slice(0, Math.max(0, at)), name: confined.slice(at + 1) } };
}

const read = new WeakMap<readonly string[], readonly Scope[]>();

/** Each request asks for them, and a principal has the same for many requests. */
function scopesOf({ scopes }: Principal): readonly Scope[] {
  const known = read.get(scopes);
  if (known) return known;
  const fresh = scopes.map(readScope);
  read.set(scopes, fresh);
  return fresh;
}

const hasPermission = (scope: Scope, access: string): boolean => {
  const [area, action] = access.split(':');
  return (scope.area === '*' || scope.area === area) && (scope.action === '*' || scope.action === action);
};

/** Whether a name, or all names of a pattern that ends with `*`, are of a pattern. */
const isWithin = (name: string, pattern: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

/** A scope that is confined covers what it names, and never everything. */
const reaches = ({ of }: Scope, { kind, name }: Resource): boolean =>
  of === undefined ||
  ((of.kind === '*' || of.kind === kind) && kind !== WORKSPACE.kind && isWithin(name, of.name));

/** Whether a principal's scopes cover an action on each of these things. */
export function may(principal: Principal, access: string, resources: readonly Resource[]): boolean {
  if (access === OPEN_ACCESS) return true;
  if (access === OWN_ACCESS) return principal.scopes.length > 0;
  const scopes = scopesOf(principal).filter((scope) => hasPermission(scope, access));
  return scopes.length > 0 && resources.every((one) => scopes.some((scope) => reaches(scope, one)));
}

/** Whether they cover it on something: what it touches is not known yet. */
export const mayOnSomething = (principal: Principal, access: string): boolean => may(principal, access, []);

/** Whether a principal may hand on a scope: one that they have themselves, or a narrower one. */
export function mayHandOn(principal: Principal, scope: string): boolean {
  const { area, action, of } = readScope(scope);
  return may(principal, `${area}:${action}`, [of ?? WORKSPACE]);
}

/** What an input touches, as its operation or route says: everything, where it says nothing. */
export function touchedBy(
  { resource }: { readonly resource?: (input: never) => Resource | readonly Resource[] },
  input: unknown,
): readonly Resource[] {
  if (!resource) return [WORKSPACE];
  // The schema of this very operation made the input.
  const touched = resource(input as never);
  if (!isSeveral(touched)) return [touched];
  return touched.length === 0 ? [WORKSPACE] : touched;
}

const isSeveral = (touched: Resource | readonly Resource[]): touched is readonly Resource[] =>
  Array.isArray(touched);
