import { errorFactory } from '@trestle/kernel';

export const monitorError = errorFactory('MONITOR');
