import { setConnection } from './connection.ts';

const TOKEN_KEY = 'trestle-token';

/** What the server says of a failure (RFC 9457 problem details). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string;

  constructor(status: number, code: string, message: string, hint: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

/** Kept for this tab only. */
export const setToken = (token: string): void => sessionStorage.setItem(TOKEN_KEY, token);

/** Runs an operation: `call('model.promote', {…})` is `POST /api/v1/model/promote`. Jobs are awaited. @throws ApiError */
export async function call<T>(operation: string, input: object = {}, signal?: AbortSignal): Promise<T> {
  const answer = await send(`api/v1/${operation.replace('.', '/')}`, input, signal);
  if (answer.status !== 202) return answer.body as T; // The server checked it against the operation's own schema.
  const job = jobOf(answer.body);
  return job === undefined ? (answer.body as T) : await finished<T>(job, signal);
}

/** Starts a job, and gives its id without waiting for its end. @throws ApiError */
export async function start(operation: string, input: object): Promise<string> {
  const { body } = await send(`api/v1/${operation.replace('.', '/')}`, input);
  const job = jobOf(body);
  if (job !== undefined) return job;
  throw new ApiError(500, 'TRS_STUDIO', `The server did not say which job "${operation}" is.`, 'See Jobs.');
}

/** What tells the server who asks. */
export function authorization(): Readonly<Record<string, string>> {
  const token = sessionStorage.getItem(TOKEN_KEY);
  return token ? { authorization: `Bearer ${token}` } : {};
}

interface JobState {
  readonly state: string;
  readonly output?: unknown;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

const JOB_POLL_MS = 400;

/** Waits for the end of a job. @throws ApiError */
export async function finished<T>(job: string, signal?: AbortSignal): Promise<T> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, JOB_POLL_MS));
    signal?.throwIfAborted();
    // Whoever started a job may see it there, without the permission to see all jobs.
    const { body } = await send(`api/v1/jobs/${encodeURIComponent(job)}`, undefined, signal);
    const state = body as JobState; // Checked by the server, as above.
    if (state.state === 'succeeded') return state.output as T;
    if (state.state === 'queued' || state.state === 'running') continue;
    const { code, message, hint } = state.error ?? { code: 'TRS_JOB', message: `The job ${state.state}.` };
    throw new ApiError(500, code, message, hint ?? '');
  }
}

async function send(path: string, input: object | undefined, signal?: AbortSignal) {
  const response = await fetch(path, {
    method: input ? 'POST' : 'GET',
    headers: {
      ...(input ? { 'content-type': 'application/json' } : {}),
      accept: 'application/json',
      ...authorization(),
    },
    ...(input ? { body: JSON.stringify(input) } : {}),
    ...(signal ? { signal } : {}),
  }).catch((cause: unknown) => {
    if (cause instanceof Error && cause.name === 'AbortError') throw cause;
    setConnection('offline');
    throw new ApiError(0, 'TRS_OFFLINE', 'The server does not answer.', 'Is "trestle serve" still running?');
  });
  setConnection(response.status === 401 ? 'unknown-caller' : 'ok');
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return { status: response.status, body };
  throw problem(response.status, body);
}

function problem(status: number, body: unknown): ApiError {
  const text = (name: string): string => {
    const value = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
    return typeof value === 'string' ? value : '';
  };
  return new ApiError(
    status,
    text('code') || `HTTP ${status}`,
    text('detail') || 'The server refused.',
    text('hint'),
  );
}

function jobOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const job: unknown = Reflect.get(body, 'job') ?? Reflect.get(body, 'id');
  if (typeof job === 'string') return job;
  const id: unknown = typeof job === 'object' && job !== null ? Reflect.get(job, 'id') : undefined;
  return typeof id === 'string' ? id : undefined;
}
