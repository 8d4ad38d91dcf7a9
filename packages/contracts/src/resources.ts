import type { Resource } from '@trestle/kernel/spec';

/** What can be named in a scope: `registry:promote@model/churn`. */
export type ResourceKind =
  | 'dataset'
  | 'model'
  | 'deployment'
  | 'run'
  | 'experiment'
  | 'pipeline'
  | 'job'
  | 'alert'
  | 'incident';

/** The thing that a reference names, whatever version of it: `churn@3` is `model/churn`. */
export const resource = (kind: ResourceKind, reference: string): Resource => ({
  kind,
  name: reference.split('@', 1)[0] ?? '',
});

/** The same of references of which some may be left out. */
export const resources = (
  named: Readonly<Partial<Record<ResourceKind, string | undefined | readonly (string | undefined)[]>>>,
): readonly Resource[] =>
  Object.entries(named).flatMap(([kind, references]) =>
    [references].flat().flatMap((one) => (one === undefined ? [] : [resource(kind as ResourceKind, one)])),
  );
