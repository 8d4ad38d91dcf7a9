import { authorization, finished } from './api.ts';
/**
 * Follows a job through its events, and gives its output. Where the stream is refused (the server has enough of them) or cut,
 * the end is asked for now and then, without what is told on the way. @throws ApiError
 */
export async function follow(job, onProgress, signal) {
  try {
    // Not an EventSource: it cannot say who asks.
    const response = await fetch(`api/v1/jobs/${encodeURIComponent(job)}/events`, {
      headers: { accept: 'text/event-stream', ...authorization() },
      signal,
    });
    if (response.ok && response.body) await read(response.body, onProgress);
  } catch {
    signal.throwIfAborted();
  }
  return await finished(job, signal);
}
async function read(body, onProgress) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = `${rest}${value}`.split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const progress = progressOf(event);
      if (progress) onProgress(progress);
    }
  }
}
/** What one event tells of progress; nothing for comments and other events. */
export function progressOf(event) {
  const lines = event.split('\n');
  const data = lines.find((line) => line.startsWith('data: '))?.slice('data: '.length);
  if (!lines.includes('event: progress') || data === undefined) return undefined;
  const told = JSON.parse(data);
  if (typeof told !== 'object' || told === null) return undefined;
  const [step, fraction] = [Reflect.get(told, 'step'), Reflect.get(told, 'fraction')];
  return {
    ...(typeof step === 'string' ? { step } : {}),
    ...(typeof fraction === 'number' ? { fraction } : {}),
  };
}
