import {
  fieldsOfSchema,
  type InputField,
  type Presented,
  type Progress,
  type TrestleError,
  toTrestleError,
  valueOfText,
} from '@trestle/kernel/spec';
import { useEffect, useRef, useState } from 'preact/hooks';
import { percent } from '../../format.ts';
import { notify } from '../../frame/notice.ts';
import { parametersOf, withParameters } from '../../frame/route.ts';
import { server } from '../../frame/server.ts';
import { refresh } from '../../frame/use-query.ts';
import { Failure } from '../../ui/answer.tsx';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { Field } from './field.tsx';
import type { OperationFacts } from './operations.tsx';
import { Result } from './result.tsx';

type Texts = Readonly<Record<string, string>>;

/** Asks for the input of an operation, runs it, and shows its result in the views that it has of itself. */
export function OperationForm({ operation }: { operation: OperationFacts }) {
  const { id, kind, input: schema } = operation;
  const fields = inOrder(fieldsOfSchema(schema), operation.positionals);
  const [texts, setTexts] = useState<Texts>(() => textsInAddress(fields));
  const [result, setResult] = useState<Presented>();
  const [progress, setProgress] = useState<Partial<Progress>>();
  const [error, setError] = useState<TrestleError>();
  const [isBusy, setIsBusy] = useState(false);
  const leaving = useRef<AbortController>(undefined);
  useEffect(() => () => leaving.current?.abort(), []);

  const write = (field: InputField, text: string): void => {
    setTexts((before) => ({ ...before, [field.name]: text }));
    // What is asked is kept in the address, so that a link leads to it; what must not be shown is not.
    if (!field.isSecret)
      history.replaceState(undefined, '', withParameters(location.hash, { [field.name]: text }));
  };
  const run = async (): Promise<void> => {
    const gone = new AbortController();
    leaving.current = gone;
    setIsBusy(true);
    setError(undefined);
    try {
      setResult(
        await server.present(id, inputOf(fields, texts), {
          signal: gone.signal,
          onProgress: setProgress,
          onJob: () => setProgress({}),
        }),
      );
      if (kind !== 'query') {
        notify(`${id} is done.`);
        refresh();
      }
    } catch (cause) {
      if (!gone.signal.aborted) setError(toTrestleError(cause));
    } finally {
      setIsBusy(false);
      setProgress(undefined);
    }
  };
  const isComplete = fields.every((field) => !field.isRequired || (texts[field.name] ?? '') !== '');
  useEffect(() => {
    // A link to a query that is whole shows its answer; what changes something waits for a person.
    if (kind === 'query' && isComplete) void run();
  }, []);

  return (
    <>
      <p>{operation.summary}</p>
      <form
        class="operation"
        onSubmit={(event) => {
          event.preventDefault();
          if (kind === 'query') void run();
        }}
      >
        <div class="fields">
          {fields.map((field) => (
            <Field key={field.name} field={field} text={texts[field.name] ?? ''} write={write} />
          ))}
        </div>
        <div class="row">
          {kind === 'query' ? (
            <button type="submit" class="primary" disabled={isBusy}>
              {isBusy ? 'Running…' : 'Run'}
            </button>
          ) : (
            <ConfirmButton
              label="Run"
              title={`Run ${id}?`}
              isBold
              act={async () => void run()}
              done={() => {}}
              says={`${id} has been started.`}
            >
              <p>
                {kind === 'job' ? 'It starts a job.' : 'It changes something at once.'} Who may do so needs
                the permission {operation.access}.
              </p>
            </ConfirmButton>
          )}
          {progress === undefined ? null : (
            <>
              <progress
                aria-label={`Progress of ${id}`}
                {...(progress.fraction === undefined ? {} : { value: progress.fraction })}
              />
              <span role="status">
                {progress.fraction === undefined ? '' : percent(progress.fraction)}{' '}
                <bdi>{progress.step ?? 'waits for its turn'}</bdi>
              </span>
            </>
          )}
          <span class="quiet">
            {kind}, by {operation.plugin}
          </span>
        </div>
      </form>
      {error ? <Failure error={error} /> : null}
      {result ? <Result of={result} /> : null}
    </>
  );
}

/** Those that the command line takes by position come first, then the others that must be given. */
const inOrder = (fields: readonly InputField[], first: readonly string[]): readonly InputField[] => {
  const rank = (field: InputField): number =>
    first.includes(field.name) ? first.indexOf(field.name) : first.length + (field.isRequired ? 0 : 1);
  return fields.toSorted((a, b) => rank(a) - rank(b));
};

function textsInAddress(fields: readonly InputField[]): Texts {
  const parameters = parametersOf(location.hash);
  return Object.fromEntries(
    fields.flatMap(({ name }) => (parameters.has(name) ? [[name, parameters.get(name) ?? '']] : [])),
  );
}

/** The input as the command line would read it: what is empty is left out, so that its default holds. */
const inputOf = (fields: readonly InputField[], texts: Texts): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    fields.flatMap((field) => {
      const text = texts[field.name] ?? '';
      if (text === '') return [];
      return [[field.name, valueOfText(field, field.type === 'array' ? text.split('\n') : text)]];
    }),
  );
