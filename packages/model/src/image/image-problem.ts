import { ModelError } from '../model-error.ts';

/** @param reason what is wrong with the image, as the end of a sentence */
export const imageProblem = (reason: string): ModelError =>
  new ModelError('IMAGE', `The image cannot be used: ${reason}.`, 'Give a PNG or a JPEG, as base64.', {
    reason,
  });
