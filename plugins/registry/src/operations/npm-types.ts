import type { Feature, Model } from '@trestle/model';

/** Feature types as TypeScript has them. */
const TYPES: Readonly<Record<Feature['type'], string>> = {
  number: 'number',
  boolean: 'boolean',
  timestamp: 'string | number',
  category: 'string',
  image: 'string',
  text: 'string',
  tensor: 'unknown',
};

const SAYS: Partial<Readonly<Record<Feature['type'], string>>> = {
  timestamp: 'A time: ISO 8601, or milliseconds since 1970.',
  image: 'A PNG or JPEG in base64.',
};

/** The declarations of a package that predicts with a model: what a row holds, and what is said of it. */
export function typesOf({ features, metadata }: Pick<Model, 'features' | 'metadata'>): string {
  const fields = features.map((feature) => {
    const { name, type, nullable, imputed, written } = feature;
    const mayBeMissing = nullable || imputed === true;
    // Whatever came as a text in training may come as one again.
    const of = written !== undefined && type === 'number' ? 'number | string' : TYPES[type];
    const says = SAYS[type] === undefined ? '' : `  /** ${SAYS[type]} */\n`;
    return `${says}  readonly ${JSON.stringify(name)}${mayBeMissing ? '?' : ''}: ${of}${mayBeMissing ? ' | null' : ''};\n`;
  });
  return `import type { Model } from '@trestle/model';

/** What the model is asked about. */
export interface Row {
${fields.join('')}}

/** What it says of a row. */
export ${answerOf(metadata)}

/** Opens the model, once for all who ask. */
export declare function load(): Promise<Model>;

/** Says of each row what the model says, in the same order. @throws an error with the code TRS_MODEL_ROW_INVALID that names row, field and reason */
export declare function predict(rows: readonly Row[]): Promise<readonly Answer[]>;
`;
}

function answerOf(metadata: Model['metadata']): string {
  if (metadata === undefined) return 'type Answer = Readonly<Record<string, unknown>>;';
  const imputed =
    '  /** Features that were missing, and that the model filled in. */\n  readonly imputed?: readonly string[];\n';
  const { task, classes } = metadata.schema;
  if (task === 'regression') return `interface Answer {\n  readonly value: number;\n${imputed}}`;
  const labels = classes.map((label) => JSON.stringify(label)).join(' | ') || 'string';
  return `type Label = ${labels};

export interface Answer {
  readonly label: Label;
  /** ${task === 'binary' ? `Of ${inComment(JSON.stringify(classes[1] ?? ''))}.` : 'Of the label.'} */
  readonly probability: number;
  readonly probabilities: Readonly<Record<Label, number>>;
${imputed}}`;
}

/** What ends a comment does not end this one. */
const inComment = (text: string): string => text.replaceAll('*/', '*\\/');
