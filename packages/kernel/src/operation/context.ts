import type { z } from 'zod';
import type { Principal } from '../access/principal.ts';
import type { ConfigSection } from '../config/section.ts';
import type { Fence, Job, JobInbox } from '../job/job-store.ts';
import type { ExtensionPoint } from '../plugin/extension-point.ts';
import type { Token } from '../plugin/token.ts';
import type { Operation } from './operation.ts';

/** Where a call came from. Files that a remote caller names are confined to the project's folder. */
export type Surface = 'cli' | 'http' | 'internal';

export interface Progress {
  /** What is being done now, for a person. */
  readonly step: string;
  /** Between 0 and 1 when it is known. */
  readonly fraction?: number;
  /** Numbers worth watching (loss, rows). */
  readonly values?: Readonly<Record<string, number>>;
}

export interface Project {
  /** The folder that holds the configuration. */
  readonly dir: string;
  /** `DIR/.trestle`, where state lives. */
  readonly stateDir: string;
}

/** The one door to files that a user names. */
export interface FileAccess {
  /** The absolute path of an existing file or folder to read; `-` is standard input on the command line. */
  read(path: string): Promise<string>;
  /** The absolute path of a file to write. Its folder exists. */
  write(path: string): Promise<string>;
}

export interface Logger {
  debug(message: string, facts?: Readonly<Record<string, unknown>>): void;
  info(message: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void;
}

/** What services and handlers share: the project, its configuration, and each other. */
export interface Scope {
  readonly project: Project;
  readonly log: Logger;
  /** The service behind a token; made on first use. Throws TRS_KERNEL_SERVICE_MISSING. */
  service<T>(token: Token<T>): Promise<T>;
  /** The validated configuration of a plugin. */
  config<T extends z.ZodType>(section: ConfigSection<T>): z.output<T>;
  /** Everything that plugins contributed to an extension point, in the order of loading. */
  extensions<T>(point: ExtensionPoint<T>): readonly T[];
}

/** Who acts, and under which request: what an event records. */
export interface Actor {
  readonly principal: Principal;
  readonly requestId: string;
  readonly operation: string;
  /** The job or lease under which it acts: when another has taken that, nothing is changed any more. */
  readonly fence?: Fence | undefined;
}

/** How a job is queued. */
export interface EnqueueOptions {
  /** What it is for: an operation has one job for a key, also when two processes or a repeated event ask for it. */
  readonly key: string;
  /** The change with which it comes to be, or not. */
  readonly within?: JobInbox | undefined;
}

/** What an operation's handler gets. */
export interface Context extends Scope, Actor {
  readonly surface: Surface;
  /** Aborted by Ctrl-C, a cancelled job, or a client that went away. */
  readonly signal: AbortSignal;
  /** When the caller does not wait any more, in milliseconds since 1970; undefined where nothing was said. */
  readonly deadline: number | undefined;
  /** The job in which the handler runs, if it is one. */
  readonly jobId: string | undefined;
  readonly files: FileAccess;
  progress(progress: Progress): void;
  /** Runs another operation as the same principal. */
  call<Id extends string, I extends z.ZodObject, O extends z.ZodType>(
    operation: Operation<Id, I, O>,
    input: z.input<I>,
  ): Promise<z.output<O>>;
  /** Queues a job operation for a worker, as the same principal. @throws TRS_KERNEL_NOT_A_JOB */
  enqueue<Id extends string, I extends z.ZodObject, O extends z.ZodType>(
    operation: Operation<Id, I, O>,
    input: z.input<I>,
    options: EnqueueOptions,
  ): Promise<Job>;
  /**
   * Does a part of a job once: after a crash or a take-over the job begins again, and a step that had finished gives what
   * it gave then. Its result is JSON; content goes into a blob, and its digest is the result. Steps of the context that
   * `work` gets are steps within this one. Outside of a job it only does the work.
   *
   * @throws TRS_KERNEL_STEP_TWICE when the name was used, TRS_KERNEL_STEP_RESULT when the result is no JSON
   */
  step<T>(name: string, work: (ctx: Context) => Promise<T>): Promise<T>;
  /**
   * Takes the finished steps of a job that ended before it was done as finished in this one, which does the same work.
   *
   * @throws TRS_KERNEL_UNKNOWN_JOB, TRS_KERNEL_JOB_DONE, TRS_KERNEL_JOB_RUNS
   */
  takeOver(job: string): Promise<void>;
  /**
   * Does the work of a job that ended before it was done, in this one: its finished steps are not repeated. Gives what its
   * operation gives.
   *
   * @throws TRS_KERNEL_UNKNOWN_JOB, TRS_KERNEL_JOB_DONE, TRS_KERNEL_JOB_RUNS
   */
  continueJob(id: string): Promise<unknown>;
}
