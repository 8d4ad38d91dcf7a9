import type { GoldenExamples, Model, ModelOrigin } from '@trestle/model';

/** A card of a model that was made elsewhere: what its files tell, and what nobody has told. */
export function cardOf(name: string, model: Model, origin: ModelOrigin, golden: GoldenExamples): string {
  const schema = model.metadata?.schema;
  const shape = (dims: readonly (number | string)[]): string => `[${dims.join(', ')}]`;
  return [
    `# ${name}`,
    `Taken in from \`${origin.source}\` (${origin.format}${origin.framework === undefined ? '' : `, made by ${origin.framework}`}), SHA-256 \`${origin.digest}\`.`,
    '## What it takes',
    model.features
      .map(
        ({ name: feature, type, nullable, tensor }) =>
          `- \`${feature}\`: ${tensor ? `${tensor.type} ${shape(tensor.dims)}` : type}${nullable ? ', may be missing' : ''}`,
      )
      .join('\n'),
    '## What it answers',
    schema
      ? schema.task === 'regression'
        ? 'A value.'
        : `Probabilities of the classes ${schema.classes.join(', ')}: the file knows them by these numbers only.`
      : model.outputs
          .map(({ name: output, type, dims }) => `- \`${output}\`: ${type} ${shape(dims)}`)
          .join('\n'),
    '## How it is verified',
    golden.rows.length > 0
      ? `By ${golden.rows.length} golden examples, with what it answered when it was taken in.`
      : 'By opening it: it has no golden examples.',
    ...(origin.notes.length > 0 ? ['## To know', origin.notes.map((note) => `- ${note}`).join('\n')] : []),
    '## What is not known',
    'What it was trained on, how good it is and what it is for: its files do not tell. Measure it: `trestle evaluate`.',
  ].join('\n\n');
}
