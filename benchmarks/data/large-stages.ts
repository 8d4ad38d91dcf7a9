/** What is done with many rows, in this order. */
export const STAGES = ['add', 'profile', 'validate', 'split'] as const;
export type Stage = (typeof STAGES)[number];
