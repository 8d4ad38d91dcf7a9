/** Who acts. Scopes are `area:action`, where either side may be `*`. */
export interface Principal {
  readonly id: string;
  readonly scopes: readonly string[];
}

/** The person at the command line of their own machine: the operating system decides what they may touch. */
export const localPrincipal = (user: string): Principal => ({ id: `local:${user}`, scopes: ['*:*'] });

/** The host itself, when it runs scheduled work or reacts to an event. */
export const systemPrincipal: Principal = { id: 'system', scopes: ['*:*'] };

/** The permission of health and readiness: everybody has it, signed in or not. */
export const OPEN_ACCESS = 'open:health';

/** The permission of a caller's own things: everybody who is known has it, whatever their scopes. */
export const OWN_ACCESS = 'own:read';

/** Whether a principal's scopes cover a permission. */
export function mayAccess(principal: Principal, access: string): boolean {
  if (access === OPEN_ACCESS) return true;
  if (access === OWN_ACCESS) return principal.scopes.length > 0;
  const [area, action] = access.split(':');
  return principal.scopes.some((scope) => {
    const [scopeArea, scopeAction] = scope.split(':');
    return (scopeArea === '*' || scopeArea === area) && (scopeAction === '*' || scopeAction === action);
  });
}
