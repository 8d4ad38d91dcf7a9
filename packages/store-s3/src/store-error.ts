import { errorFactory } from '@trestle/kernel';

/** The store's own codes: who uses a store need not know which one it is. */
export const storeError = errorFactory('STORE');
