import { errorFactory } from '@trestle/kernel';

export const registryError = errorFactory('REGISTRY');
