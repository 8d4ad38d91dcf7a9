import { existsSync } from 'node:fs';
import { configFileIn } from '../config/find-project.ts';
import type { Project } from '../operation/context.ts';
import { token } from '../plugin/token.ts';
import { kernelError } from './kernel-error.ts';

/** What keeps state asks here before it makes any: a command in a wrong folder is told so, and leaves nothing there. */
export interface ProjectGate {
  readonly isOpen: () => boolean;
  /** From now on the project may be made. */
  readonly begin: () => void;
  /** @throws TRS_KERNEL_NO_PROJECT when there is no project, and nothing has begun one */
  readonly check: () => void;
}

/** Provided by the host itself. */
export const projectGateToken = token<ProjectGate>('kernel.project-gate');

/** Whether a folder is a project: it has a configuration, or state. */
export const isProject = (project: Project): boolean =>
  configFileIn(project.dir) !== undefined || existsSync(project.stateDir);

/** Open where there is a project, or where it needs not be there. */
export function projectGate(project: Project, mustBeThere: boolean): ProjectGate {
  let isBegun = !mustBeThere;
  const isOpen = (): boolean => {
    isBegun ||= isProject(project);
    return isBegun;
  };
  return {
    isOpen,
    begin() {
      isBegun = true;
    },
    check() {
      if (isOpen()) return;
      throw kernelError('NO_PROJECT', {
        kind: 'not-found',
        message: `There is no project in ${project.dir}: it has neither a configuration (trestle.config.ts, .js or .json) nor state (.trestle).`,
        hint: 'Go to the folder of the project or name it with "--project DIR". "trestle init" makes a new one, and so does the first "trestle data add".',
        details: { dir: project.dir },
      });
    },
  };
}
