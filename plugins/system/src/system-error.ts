import { errorFactory } from '@trestle/kernel';

export const systemError = errorFactory('SYSTEM');
