import { errorFactory } from '@trestle/kernel';

export const serverError = errorFactory('SERVER');
