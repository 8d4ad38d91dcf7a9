import { errorFactory } from '../error/trestle-error.ts';

export const kernelError = errorFactory('KERNEL');
