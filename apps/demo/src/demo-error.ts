import { errorFactory } from '@trestle/kernel';

export const demoError = errorFactory('DEMO');
