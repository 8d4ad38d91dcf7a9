import { errorFactory } from '@trestle/kernel';

export const servingError = errorFactory('SERVING');
