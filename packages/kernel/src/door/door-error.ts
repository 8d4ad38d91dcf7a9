import { errorFactory } from '../error/trestle-error.ts';

export const doorError = errorFactory('DOOR');
