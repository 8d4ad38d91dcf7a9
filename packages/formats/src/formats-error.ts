import { errorFactory } from '@trestle/kernel';

/** `TRS_FORMATS_…` */
export const formatsError = errorFactory('FORMATS');

/** What is there, and cannot be taken as it is. @param todo what makes it a model that can */
export const unreadable = (what: string, todo: string) =>
  formatsError('REFUSED', { kind: 'invalid', message: what, hint: todo });

/** What says that it is of a format, and is not whole. */
export const damaged = (file: string, why: string) =>
  formatsError('DAMAGED', {
    kind: 'invalid',
    message: `"${file}" cannot be read: ${why}.`,
    hint: 'Save the model again; the file may be cut off, or of another version.',
    details: { file },
  });
