import { randomUUID } from 'node:crypto';
import { type Principal, type Resource, systemPrincipal, touchedBy, WORKSPACE } from '../access/principal.ts';
import { redact } from '../config/secret.ts';
import { issueWords } from '../error/issue-words.ts';
import { toTrestleError } from '../error/surface.ts';
import { newEvent } from '../event/event-kind.ts';
import { type Journal, journalToken } from '../event/journal.ts';
import { operationDenied, operationFailed, operationSucceeded } from '../event/operation-events.ts';
import { type Job, jobStoreToken, type LeaseHold } from '../job/job-store.ts';
import type { Context, FileAccess, Scope } from '../operation/context.ts';
import type { AnyOperation } from '../operation/operation.ts';
import { pluginError } from '../plugin/plugin-error.ts';
import { checkAccess } from './check-access.ts';
import { enqueueJob } from './enqueue.ts';
import type { CallOptions } from './host.ts';
import { kernelError } from './kernel-error.ts';
import { parseInput } from './parse-input.ts';
import type { ProjectGate } from './project-gate.ts';
import type { Services } from './services.ts';
import { inSpan } from './spans.ts';
import { looseSteps, type RunningJob, type Steps } from './steps.ts';

export interface Invoker {
  readonly scope: Scope;
  readonly services: Services;
  readonly gate: ProjectGate;
  readonly files: { readonly local: FileAccess; readonly remote: FileAccess };
  /** @throws TRS_KERNEL_UNKNOWN_OPERATION */
  readonly find: (operation: string) => AnyOperation;
}

/** A call within a host: the job in which it is made, or the lease under which it acts. */
export interface InnerCallOptions extends CallOptions {
  readonly job?: RunningJob | undefined;
  readonly lease?: LeaseHold | undefined;
  /** The step within which it is made, `outer/`. */
  readonly within?: string | undefined;
}

/**
 * Checks that the principal may do it, and makes the handler's context.
 *
 * @param operation with what it touches: everything, when left out
 * @throws TRS_KERNEL_ACCESS_DENIED
 */
export function contextFor(
  invoker: Invoker,
  operation: { readonly id: string; readonly access: string; readonly touched?: readonly Resource[] },
  options: InnerCallOptions,
): Context {
  const principal = options.principal ?? systemPrincipal;
  checkAccess(principal, operation, operation.touched ?? [WORKSPACE]);
  const requestId = options.requestId ?? randomUUID();
  return new CallContext(invoker, operation, { ...options, principal, requestId }, options.within ?? '');
}

/** A class, so that all contexts have one shape: the signal is made for those who ask. */
class CallContext implements Context {
  readonly project: Scope['project'];
  readonly log: Scope['log'];
  readonly service: Scope['service'];
  readonly config: Scope['config'];
  readonly extensions: Scope['extensions'];
  readonly principal: Principal;
  readonly requestId: string;
  readonly operation: string;
  readonly fence: Context['fence'];
  readonly surface: Context['surface'];
  readonly deadline: number | undefined;
  readonly jobId: string | undefined;
  readonly files: FileAccess;
  readonly progress: Context['progress'];
  readonly #options: InnerCallOptions;
  #signal: AbortSignal | undefined;

  constructor(
    invoker: Invoker,
    operation: { readonly id: string; readonly access: string },
    options: InnerCallOptions & Required<Pick<InnerCallOptions, 'principal' | 'requestId'>>,
    path: string,
  ) {
    const { scope } = invoker;
    this.project = scope.project;
    this.log = scope.log;
    this.service = scope.service;
    this.config = scope.config;
    this.extensions = scope.extensions;
    const { principal, requestId, job, lease, surface = 'internal' } = options;
    this.principal = principal;
    this.requestId = requestId;
    this.operation = operation.id;
    this.fence = job?.hold ?? lease;
    this.surface = surface;
    this.deadline = options.deadline;
    this.jobId = job?.hold.job;
    this.files = surface === 'http' ? invoker.files.remote : invoker.files.local;
    this.progress = options.onProgress ?? (() => {});
    this.#options = options;
    const inner = (): InnerCallOptions => ({ ...options, signal: this.signal, within: path });
    this.call = async (next, input) =>
      // The output was checked by the operation's own schema.
      (await invoke(invoker, next, input, inner())) as never;
    this.enqueue = (next, input, queueing) => enqueueJob(invoker, next, input, { principal, ...queueing });
    let steps = job?.steps as Pick<Steps, 'run'> | undefined;
    // The steps begun in the context of a step are within that one.
    this.step = (name, work) => {
      steps ??= looseSteps(operation.id);
      return steps.run(`${path}${name}`, () =>
        work(new CallContext(invoker, operation, { ...options, signal: this.signal }, `${path}${name}/`)),
      );
    };
    this.takeOver = async (id) => {
      await takeOver(invoker, id, job);
    };
    this.continueJob = (id) => continueJob(invoker, id, inner());
  }

  readonly call: Context['call'];
  readonly enqueue: Context['enqueue'];
  readonly step: Context['step'];
  readonly takeOver: Context['takeOver'];
  readonly continueJob: Context['continueJob'];

  get signal(): AbortSignal {
    this.#signal ??= this.#options.signal ?? this.#options.lateSignal?.() ?? new AbortController().signal;
    return this.#signal;
  }
}

/** Does the rest of a job in the one that is under way, or here where there is none. */
async function continueJob(invoker: Invoker, id: string, options: InnerCallOptions): Promise<unknown> {
  const job = await takeOver(invoker, id, options.job);
  return await invoke(invoker, invoker.find(job.operation), job.input, options);
}

async function takeOver(invoker: Invoker, id: string, running: RunningJob | undefined): Promise<Job> {
  const store = await invoker.services.get(jobStoreToken);
  const job = await store.get(id);
  if (!job) {
    throw kernelError('UNKNOWN_JOB', {
      kind: 'not-found',
      message: `There is no job "${id.slice(0, 100)}".`,
      hint: 'See "trestle job list".',
    });
  }
  if (['queued', 'running', 'succeeded'].includes(job.state)) {
    const isDone = job.state === 'succeeded';
    throw kernelError(isDone ? 'JOB_DONE' : 'JOB_RUNS', {
      kind: 'conflict',
      message: `The job "${id}" ${isDone ? 'has succeeded' : `is ${job.state}`}: there is nothing to go on with.`,
      hint: `See "trestle job show ${id}".`,
      details: { job: id, state: job.state },
    });
  }
  await running?.steps.takeOver(id);
  return job;
}

/** What a handler gave back, as its operation promises it. @throws TRS_KERNEL_OUTPUT_INVALID */
function parseOutput(operation: AnyOperation, output: unknown): unknown {
  const result = operation.output.safeParse(output, { error: issueWords });
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({ field: issue.path.join('.'), reason: issue.message }));
  throw kernelError('OUTPUT_INVALID', {
    kind: 'failed',
    message: `${operation.id} gave back what it does not promise: "${issues[0]?.field}": ${issues[0]?.reason}.`,
    hint: 'This is a defect of the plugin that has the operation.',
    details: { issues },
  });
}

async function loadHandler(operation: AnyOperation): ReturnType<AnyOperation['load']> {
  try {
    return await operation.load();
  } catch (cause) {
    throw pluginError('BROKEN', {
      kind: 'failed',
      message: `"${operation.id}" cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'Correct or update the plugin that has it, or remove it from the configuration.',
      details: { operation: operation.id },
      cause,
    });
  }
}

/** One call of an operation, from the door to the audit log. */
export async function invoke(
  invoker: Invoker,
  operation: AnyOperation,
  input: unknown,
  options: InnerCallOptions,
): Promise<unknown> {
  const actor = {
    principal: options.principal ?? systemPrincipal,
    requestId: options.requestId ?? randomUUID(),
    operation: operation.id,
    fence: options.job?.hold ?? options.lease,
  };
  const subject = `operation:${operation.id}`;
  const startedAt = performance.now();
  const attributes = { 'trestle.operation': operation.id, 'trestle.request_id': actor.requestId };
  return await inSpan(`operation ${operation.id}`, attributes, async () => {
    const isLate = operation.recordsFailures === false;
    let journal = operation.kind === 'query' || isLate ? undefined : await openJournal(invoker);
    try {
      // What the input touches is asked when the schema has made it.
      const unasked = { id: operation.id, access: operation.access, touched: [] };
      const context = contextFor(invoker, unasked, { ...options, requestId: actor.requestId });
      const parsed = parseInput(operation, input);
      checkAccess(context.principal, operation, touchedBy(operation, parsed));
      const handler = await loadHandler(operation);
      // The schema of this very operation made the value, which is what its handler takes.
      const output = parseOutput(operation, await handler(context, parsed as never));
      if (isLate) journal = await openJournal(invoker);
      await journal?.append(
        actor,
        newEvent(operationSucceeded, subject, {
          input: auditInput(operation, parsed),
          durationMs: Math.round(performance.now() - startedAt),
        }),
      );
      return output;
    } catch (thrown) {
      const error = toTrestleError(thrown);
      await journal
        ?.append(
          actor,
          newEvent(error.kind === 'denied' ? operationDenied : operationFailed, subject, {
            code: error.code,
          }),
        )
        .catch((cause: unknown) => {
          // The failure itself matters more to the caller than that it could not be recorded (a full disk).
          invoker.scope.log.warn('the failure could not be recorded', {
            operation: operation.id,
            cause: String(cause),
          });
        });
      throw error;
    }
  });
}

async function openJournal(invoker: Invoker): Promise<Journal | undefined> {
  // Where there is no project nothing is recorded: what makes files of another folder's project (init) goes on without.
  return invoker.services.has(journalToken) && invoker.gate.isOpen()
    ? await invoker.services.get(journalToken)
    : undefined;
}

const MAX_AUDITED_CHARACTERS = 4_000;

function auditInput(operation: AnyOperation, input: unknown): unknown {
  const shown = redact(operation.input, input);
  const text = JSON.stringify(shown) ?? '';
  return text.length <= MAX_AUDITED_CHARACTERS
    ? JSON.parse(text)
    : { truncated: text.slice(0, MAX_AUDITED_CHARACTERS) };
}
