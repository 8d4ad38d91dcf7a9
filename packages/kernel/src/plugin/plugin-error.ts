import { errorFactory } from '../error/trestle-error.ts';

export const pluginError = errorFactory('PLUGIN');
