import { may, type Principal, type Resource, resourceName, WORKSPACE } from '../access/principal.ts';
import { kernelError } from './kernel-error.ts';

/** What is asked for: an operation or a route. */
export interface Asked {
  readonly id: string;
  readonly access: string;
}

/**
 * The one place where a permission is asked for: before the input is looked at, whether there is anything on which the principal
 * may do this; then, on each thing that the input touches.
 *
 * @throws TRS_KERNEL_ACCESS_DENIED
 */
export function checkAccess(
  principal: Principal,
  { id, access }: Asked,
  touched: readonly Resource[] = [],
): void {
  if (may(principal, access, touched)) return;
  const denied = touched.find((one) => !may(principal, access, [one]));
  const on = denied === undefined || denied.kind === WORKSPACE.kind ? '' : ` on ${resourceName(denied)}`;
  const isConfined = denied?.kind === WORKSPACE.kind && may(principal, access, []);
  throw kernelError('ACCESS_DENIED', {
    kind: 'denied',
    message: `"${principal.id}" may not do ${id}${on}: it needs the permission "${access}"${isConfined ? ' on everything, not on some things alone' : ''}.`,
    hint: 'Use a token with that scope (trestle token create).',
    details: { operation: id, access, ...(denied === undefined ? {} : { resource: resourceName(denied) }) },
  });
}
