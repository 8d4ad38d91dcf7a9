import { errorFactory } from '@trestle/kernel';

export const dataError = errorFactory('DATA');
