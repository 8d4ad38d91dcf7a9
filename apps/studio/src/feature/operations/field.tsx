import type { InputField } from '@trestle/kernel/spec';

interface FieldOf {
  readonly field: InputField;
  readonly text: string;
  readonly write: (field: InputField, text: string) => void;
}

/** One field of an input, by its schema: a choice, a yes or no, a number, a text, several lines or JSON. */
export function Field({ field, text, write }: FieldOf) {
  const id = `field-${field.name}`;
  const hint = [
    field.description?.replace(/\.$/, ''),
    ...(field.type === 'array' ? ['one a line, or with commas'] : []),
    ...(field.type === undefined || field.type === 'object' ? ['as JSON'] : []),
    ...(isSaid(field.default) ? [`${JSON.stringify(field.default)} when it is left out`] : []),
  ]
    .filter((part) => part !== undefined)
    .join('; ');
  return (
    <div class="field">
      <label for={id}>
        {field.name}
        {field.isRequired ? <span class="quiet"> (must be given)</span> : ''}
      </label>
      <Control id={id} field={field} text={text} write={write} hintId={`${id}-hint`} />
      <span class="quiet" id={`${id}-hint`}>
        {hint}
      </span>
    </div>
  );
}

/** Whether a default says more than that nothing is given. */
const isSaid = (value: unknown): boolean =>
  value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);

function Control({ id, field, text, write, hintId }: FieldOf & { id: string; hintId: string }) {
  const own = { id, 'aria-describedby': hintId, required: field.isRequired };
  const choices = field.choices ?? (field.type === 'boolean' ? ['true', 'false'] : undefined);
  if (choices)
    return (
      <select {...own} value={text} onChange={(event) => write(field, event.currentTarget.value)}>
        <option value="">–</option>
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    );
  if (field.type === 'array' || field.type === 'object' || field.type === undefined)
    return (
      <textarea
        {...own}
        rows={3}
        spellcheck={false}
        value={text}
        onInput={(event) => write(field, event.currentTarget.value)}
      />
    );
  const isNumber = field.type === 'number' || field.type === 'integer';
  const typed = {
    ...own,
    autocomplete: 'off' as const,
    value: text,
    onInput: (event: { readonly currentTarget: HTMLInputElement }) => write(field, event.currentTarget.value),
  };
  return field.isSecret ? (
    <input {...typed} type="password" />
  ) : (
    <input {...typed} type="text" inputMode={isNumber ? 'decimal' : 'text'} />
  );
}
