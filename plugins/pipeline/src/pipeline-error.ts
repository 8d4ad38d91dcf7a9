import { errorFactory } from '@trestle/kernel';

export const pipelineError = errorFactory('PIPELINE');

/** Of codes that were there when pipelines were the data plugin's. */
export const dataError = errorFactory('DATA');
