/** The typed name of a service. `name` is unique across plugins, `provider.what`. */
export interface Token<T> {
  readonly name: string;
  /** Never set: it only carries the type. */
  readonly type?: T;
}

export const token = <T>(name: string): Token<T> => ({ name });
