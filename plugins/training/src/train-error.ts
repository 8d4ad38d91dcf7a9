import { errorFactory } from '@trestle/kernel';

export const trainError = errorFactory('TRAIN');
