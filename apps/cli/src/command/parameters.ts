import { Args, Flags } from '@oclif/core';
import { type AnyOperation, type InputField, inputFields, valueOfText } from '@trestle/kernel';

/** `timeColumn` is `--time-column`. */
export const flagName = (field: string): string =>
  field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

function flagOf(field: InputField) {
  const shown =
    field.default === undefined || field.default === '' || field.default === false || isEmpty(field.default)
      ? ''
      : ` [default: ${typeof field.default === 'object' ? JSON.stringify(field.default) : String(field.default)}]`;
  const parts = { summary: `${field.description ?? ''}${shown}`, required: field.isRequired };
  if (field.type === 'boolean')
    return Flags.boolean({ ...parts, required: false, allowNo: field.default === true });
  if (field.choices) return Flags.string({ ...parts, options: [...field.choices] });
  // One value each: a flag that takes all words behind it takes arguments too.
  if (field.type === 'array')
    return Flags.string({ ...parts, multiple: true, multipleNonGreedy: true, helpValue: 'A,B' });
  const isNumber = field.type === 'number' || field.type === 'integer';
  return Flags.string({ ...parts, helpValue: isNumber ? 'N' : 'TEXT' });
}

/** The arguments and flags of an operation, from its input schema. */
export function parametersOf(operation: AnyOperation) {
  const positionals = operation.positionals ?? [];
  const fields = inputFields(operation);
  const args = Object.fromEntries(
    positionals.map((name) => {
      const field = fields.find((candidate) => candidate.name === name);
      return [
        name,
        Args.string({ description: field?.description ?? name, required: field?.isRequired ?? false }),
      ];
    }),
  );
  const flags = Object.fromEntries(
    fields
      .filter((field) => !positionals.includes(field.name))
      .map((field) => [flagName(field.name), flagOf(field)]),
  );
  return { args, flags };
}

/** Turns what was typed into the operation's input; the schema then says whether it is right. */
export function inputFrom(
  operation: AnyOperation,
  args: Readonly<Record<string, unknown>>,
  flags: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const field of inputFields(operation)) {
    const typed = args[field.name] ?? flags[flagName(field.name)];
    if (typed === undefined) continue;
    const isText = typeof typed === 'string' || Array.isArray(typed);
    input[field.name] = isText ? valueOfText(field, Array.isArray(typed) ? typed.map(String) : typed) : typed;
  }
  return input;
}
