import { errorFactory } from '@trestle/kernel';

export const storeError = errorFactory('STORE');
