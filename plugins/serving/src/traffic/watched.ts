import type { Deployment, EvidenceWanted } from '@trestle/contracts';
import { isTrestleError } from '@trestle/kernel';
import type { Prediction } from '@trestle/model';
import type { Arm, EvidenceRecorder, Outcome, Step } from './evidence.ts';

/** A request that is part of a rollout. */
export interface Watched {
  readonly step: Step;
  readonly arm: Arm;
  readonly wants: EvidenceWanted;
  readonly evidence: EvidenceRecorder;
  /** Asks the challenger besides, where that was drawn. */
  readonly mirror?: Mirror;
}

export interface Mirror {
  readonly deployment: Deployment;
  /** Begins a mirrored request, unless as many are under way as may be. @returns ends it; undefined where it may not begin */
  begin(): (() => void) | undefined;
}

/** The version that answers a request. */
export interface Assigned {
  /** With the model and the revision that answer. */
  readonly deployment: Deployment;
  readonly watched?: Watched;
}

/** Answers with the version that a request was assigned to, and keeps what became of it. */
export async function answerWatched<T>(
  { deployment, watched }: Assigned,
  ask: (deployment: Deployment) => Promise<T>,
  /** The answer to its first row. */
  outputOf: (answer: T) => Prediction | undefined,
): Promise<T> {
  if (!watched) return await ask(deployment);
  const { step, arm, wants, evidence, mirror } = watched;
  const startedAt = performance.now();
  const finished = (answer?: { readonly output: Prediction | undefined }): void => {
    const outcome: Outcome = { latencyMs: performance.now() - startedAt, ...(answer ? { answer } : {}) };
    if (wants.outcomes) evidence.outcome(step, arm, wants, outcome);
    if (mirror) mirrorRequest(watched, mirror, ask, outputOf, outcome);
  };
  try {
    const answer = await ask(deployment);
    finished({ output: outputOf(answer) });
    return answer;
  } catch (thrown) {
    if (isOfVersion(thrown)) finished();
    throw thrown;
  }
}

/** Whether a failure says something of the version: not that too many were waiting. */
const isOfVersion = (thrown: unknown): boolean => !(isTrestleError(thrown) && thrown.kind === 'overloaded');

/** Asks the challenger what the champion was asked. Whoever called has their answer, and is not told of this. */
function mirrorRequest<T>(
  { step, wants, evidence }: Watched,
  mirror: Mirror,
  ask: (deployment: Deployment) => Promise<T>,
  outputOf: (answer: T) => Prediction | undefined,
  champion: Outcome,
): void {
  const end = mirror.begin();
  if (!end) {
    evidence.dropped(step);
    return;
  }
  const startedAt = performance.now();
  const finished = (answer?: { readonly output: Prediction | undefined }): void => {
    const outcome: Outcome = { latencyMs: performance.now() - startedAt, ...(answer ? { answer } : {}) };
    evidence.outcome(step, 'challenger', wants, outcome);
    evidence.pair(step, champion, outcome);
  };
  ask(mirror.deployment)
    .then(
      (answer) => finished({ output: outputOf(answer) }),
      (thrown: unknown) => {
        if (isOfVersion(thrown)) finished();
        else evidence.dropped(step);
      },
    )
    .finally(end);
}
