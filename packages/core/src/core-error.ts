import { callSite } from './call-site.ts';

/** An error of this package: a stable code, what was wrong with its value, and what to do. */
export class CoreError extends Error {
  override readonly name = 'CoreError';
  readonly code: string;
  readonly kind: 'invalid' | 'unavailable';
  readonly hint: string;
  /** Where the user's code called: `file:line:column`. */
  readonly callSite: string | undefined;

  /** `caller`: the user's line, or whether it has to do with the error and is to be looked for. */
  constructor(
    name: string,
    message: string,
    hint: string,
    kind: 'invalid' | 'unavailable' = 'invalid',
    caller: string | boolean = kind === 'invalid',
  ) {
    super(message);
    this.code = `TRS_CORE_${name}`;
    this.kind = kind;
    this.hint = hint;
    this.callSite = typeof caller === 'string' ? caller : caller ? callSite() : undefined;
    if (this.callSite !== undefined) this.message = `${message} (at ${this.callSite})`;
  }
}
