/** A typed place to which any plugin may contribute: migrations, panels, drift tests, estimators. */
export interface ExtensionPoint<T> {
  readonly name: string;
  /** Never set: it only carries the type. */
  readonly type?: T;
}

/** One contribution to an extension point. */
export interface Contribution {
  readonly point: string;
  readonly value: unknown;
}

export const extensionPoint = <T>(name: string): ExtensionPoint<T> => ({ name });

/** Contributes a value to an extension point. */
export const contribute = <T>(point: ExtensionPoint<T>, value: T): Contribution => ({
  point: point.name,
  value,
});
