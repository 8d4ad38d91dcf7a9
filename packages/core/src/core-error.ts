import { callSite } from './call-site.ts';

/** An error of this package: a stable code, what was wrong with its value, and what to do. */
export class CoreError extends Error {
  override readonly name = 'CoreError';
  readonly code: string;
  readonly kind: 'invalid' | 'unavailable';
  readonly hint: string;
  /** Where the user's code called: `file:line:column`. */
  readonly callSite: string | undefined;

  /** `namesCaller`: whether the user's own line has to do with it. */
  constructor(
    name: string,
    message: string,
    hint: string,
    kind: 'invalid' | 'unavailable' = 'invalid',
    namesCaller = kind === 'invalid',
  ) {
    super(message);
    this.code = `TRS_CORE_${name}`;
    this.kind = kind;
    this.hint = hint;
    this.callSite = namesCaller ? callSite() : undefined;
    if (this.callSite !== undefined) this.message = `${message} (at ${this.callSite})`;
  }
}
