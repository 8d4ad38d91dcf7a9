import { errorFactory } from '../error/trestle-error.ts';

export const configError = errorFactory('CONFIG');
