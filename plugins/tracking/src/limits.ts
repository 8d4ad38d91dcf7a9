import { trackingError } from './tracking-error.ts';

/** How much a run may hold: far more than anybody reads, and less than what harms those beside it. */
export const LIMITS = {
  /** Characters in the name of a metric, a parameter, a tag or an artifact. */
  nameCharacters: 250,
  /** Names of metrics in a run. */
  series: 10_000,
  params: 10_000,
  /** Characters of a parameter as JSON. */
  paramCharacters: 16_384,
  artifacts: 10_000,
  noteCharacters: 10_000,
  tagCharacters: 5_000,
  /** Measurements in one message. */
  pointsAtOnce: 10_000,
} as const;

// Control characters break tables and logs; an equals sign ends the name on the command line.
const NAME = /^[^\p{C}=]+$/u;

/** What is wrong with a name; undefined when it can be kept. */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (name.length > LIMITS.nameCharacters)
    return `it has ${name.length} characters, and ${LIMITS.nameCharacters} are kept`;
  return NAME.test(name) ? undefined : 'it holds a control character or an equals sign';
}

/** @throws TRS_TRACKING_NAME */
export function checkName(what: string, name: string): void {
  const fault = nameFault(name);
  if (fault === undefined) return;
  throw trackingError('NAME', {
    kind: 'invalid',
    message: `${JSON.stringify(name.slice(0, 100))} cannot be the name of a ${what}: ${fault}.`,
    hint: 'Give it another name.',
  });
}

/** What an experiment is called; `/` nests. */
export const EXPERIMENT = /^[\w][\w ./-]{0,199}$/;
export const EXPERIMENT_RULE =
  'it must begin with a letter or digit and hold letters, digits, spaces, dots, dashes, slashes and underscores';

/** @throws TRS_TRACKING_NAME */
export function checkExperiment(experiment: string): void {
  if (EXPERIMENT.test(experiment)) return;
  throw trackingError('NAME', {
    kind: 'invalid',
    message: `${JSON.stringify(experiment.slice(0, 100))} cannot be the name of an experiment: ${EXPERIMENT_RULE}.`,
    hint: 'Give it another name.',
  });
}

/** @throws TRS_TRACKING_TOO_MANY */
export function checkCount(what: 'series' | 'params' | 'artifacts', run: string, count: number): void {
  if (count <= LIMITS[what]) return;
  const words = { series: 'different metrics', params: 'parameters', artifacts: 'artifacts' }[what];
  throw trackingError('TOO_MANY', {
    kind: 'too-large',
    message: `The run "${run}" would have ${count} ${words}, and ${LIMITS[what]} are kept.`,
    hint: 'Log to several runs with the same parent, or fewer names with more steps.',
    details: { run, limit: LIMITS[what] },
  });
}

/** @throws TRS_TRACKING_PARAM */
export function checkParam(name: string, value: unknown): void {
  checkName('parameter', name);
  const text = JSON.stringify(value);
  if (text !== undefined && text.length <= LIMITS.paramCharacters) return;
  throw trackingError('PARAM', {
    kind: 'invalid',
    message:
      text === undefined
        ? `The parameter "${name}" is a ${typeof value}, for which JSON has no word.`
        : `The parameter "${name}" has ${text.length} characters, and ${LIMITS.paramCharacters} are kept.`,
    hint: 'Keep what is large as an artifact.',
    details: { param: name },
  });
}
