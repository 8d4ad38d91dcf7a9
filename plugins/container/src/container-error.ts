import { errorFactory } from '@trestle/kernel';

export const containerError = errorFactory('CONTAINER');
