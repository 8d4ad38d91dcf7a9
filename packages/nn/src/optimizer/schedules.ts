/**
 * The learning rate of a step, counted from 0. Where the step is jitted, hand it over as a scalar tensor:
 * `step(parameters, tensor(rate(i)))`.
 */
export type Schedule = (step: number) => number;

/** The same rate for all steps. */
export const constantSchedule =
  (rate: number): Schedule =>
  () =>
    rate;

/** A rate that is multiplied by `factor` every `every` steps. */
export const stepSchedule =
  (rate: number, { every, factor = 0.1 }: { readonly every: number; readonly factor?: number }): Schedule =>
  (step) =>
    rate * factor ** Math.floor(step / every);

/** A rate that falls to `floor` along half a cosine, and stays there after so many steps (Loshchilov and Hutter 2017). */
export const cosineSchedule =
  (rate: number, { steps, floor = 0 }: { readonly steps: number; readonly floor?: number }): Schedule =>
  (step) =>
    floor + ((rate - floor) / 2) * (1 + Math.cos(Math.PI * Math.min(1, step / steps)));

/** Another schedule behind `steps` steps in which the rate rises in a line to where that one starts (Goyal et al. 2017). */
export const warmUp =
  (steps: number, then: Schedule): Schedule =>
  (step) =>
    step < steps ? (then(0) * (step + 1)) / (steps + 1) : then(step - steps);
