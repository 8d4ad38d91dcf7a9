import { type TrestleError, toTrestleError } from '@trestle/kernel/spec';
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { notify } from '../frame/notice.ts';
import { Failure } from './answer.tsx';

/** A button that asks before it acts. The dialog keeps the focus, Escape cancels, and a failure is shown in place. */
export function ConfirmButton(props: {
  label: string;
  title: string;
  children: ComponentChildren;
  act: () => Promise<unknown>;
  done: () => void;
  /** What to say when it is done. */
  says: string;
  isBold?: boolean;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<TrestleError>();
  const act = async (): Promise<void> => {
    setIsBusy(true);
    setError(undefined);
    try {
      await props.act();
      dialog.current?.close();
      props.done();
      notify(props.says);
      // The button may be gone with what it did: then the keyboard goes on from the page's start.
      requestAnimationFrame(() => {
        if (document.activeElement === document.body) document.getElementById('main')?.focus();
      });
    } catch (cause) {
      setError(toTrestleError(cause));
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <>
      <button type="button" class={props.isBold ? 'primary' : ''} onClick={() => dialog.current?.showModal()}>
        {props.label}
      </button>
      <dialog ref={dialog} aria-label={props.title} onClose={() => setError(undefined)}>
        <h2>{props.title}</h2>
        {props.children}
        {error ? <Failure error={error} /> : null}
        <div class="row end">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="button" class="primary" disabled={isBusy} onClick={act}>
            {isBusy ? 'Working…' : props.label}
          </button>
        </div>
      </dialog>
    </>
  );
}
