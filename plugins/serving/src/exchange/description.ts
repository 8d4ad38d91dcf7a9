/** What a model takes and gives. */
export interface Description {
  /** Undefined for a model that was made elsewhere. */
  readonly task: string | undefined;
  readonly features: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[];
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
}

export interface GraphValue {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly (number | string)[];
}
