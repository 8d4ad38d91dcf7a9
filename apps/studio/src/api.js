import { setConnection } from './connection.ts';

const TOKEN_KEY = 'trestle-token';
/** What the server says of a failure (RFC 9457 problem details). */
export class ApiError extends Error {
  status;
  code;
  hint;
  constructor(status, code, message, hint) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}
/** Kept for this tab only. */
export const setToken = (token) => sessionStorage.setItem(TOKEN_KEY, token);
/** Runs an operation: `call('model.promote', {…})` is `POST /api/v1/model/promote`. Jobs are awaited. @throws ApiError */
export async function call(operation, input = {}, signal) {
  const answer = await send(`api/v1/${operation.replace('.', '/')}`, input, signal);
  if (answer.status !== 202) return answer.body; // The server checked it against the operation's own schema.
  const job = jobOf(answer.body);
  return job === undefined ? answer.body : await finished(job, signal);
}
/** Starts a job, and gives its id without waiting for its end. @throws ApiError */
export async function start(operation, input) {
  const { body } = await send(`api/v1/${operation.replace('.', '/')}`, input);
  const job = jobOf(body);
  if (job !== undefined) return job;
  throw new ApiError(500, 'TRS_STUDIO', `The server did not say which job "${operation}" is.`, 'See Jobs.');
}
/** What tells the server who asks. */
export function authorization() {
  const token = sessionStorage.getItem(TOKEN_KEY);
  return token ? { authorization: `Bearer ${token}` } : {};
}
const JOB_POLL_MS = 400;
/** Waits for the end of a job. @throws ApiError */
export async function finished(job, signal) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, JOB_POLL_MS));
    signal?.throwIfAborted();
    // Whoever started a job may see it there, without the permission to see all jobs.
    const { body } = await send(`api/v1/jobs/${encodeURIComponent(job)}`, undefined, signal);
    const state = body; // Checked by the server, as above.
    if (state.state === 'succeeded') return state.output;
    if (state.state === 'queued' || state.state === 'running') continue;
    const { code, message, hint } = state.error ?? { code: 'TRS_JOB', message: `The job ${state.state}.` };
    throw new ApiError(500, code, message, hint ?? '');
  }
}
async function send(path, input, signal) {
  const response = await fetch(path, {
    method: input ? 'POST' : 'GET',
    headers: {
      ...(input ? { 'content-type': 'application/json' } : {}),
      accept: 'application/json',
      ...authorization(),
    },
    ...(input ? { body: JSON.stringify(input) } : {}),
    ...(signal ? { signal } : {}),
  }).catch((cause) => {
    if (cause instanceof Error && cause.name === 'AbortError') throw cause;
    setConnection('offline');
    throw new ApiError(0, 'TRS_OFFLINE', 'The server does not answer.', 'Is "trestle serve" still running?');
  });
  setConnection(response.status === 401 ? 'unknown-caller' : 'ok');
  const body = await response.json().catch(() => undefined);
  if (response.ok) return { status: response.status, body };
  throw problem(response.status, body);
}
function problem(status, body) {
  const text = (name) => {
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
function jobOf(body) {
  if (typeof body !== 'object' || body === null) return undefined;
  const job = Reflect.get(body, 'job') ?? Reflect.get(body, 'id');
  if (typeof job === 'string') return job;
  const id = typeof job === 'object' && job !== null ? Reflect.get(job, 'id') : undefined;
  return typeof id === 'string' ? id : undefined;
}
