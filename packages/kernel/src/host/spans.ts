import { type Context, context, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { toTrestleError } from '../error/surface.ts';

const tracer = trace.getTracer('trestle');

/** `00-TRACE-SPAN-FLAGS`: what goes from one process to another so that their spans are of one trace (W3C Trace Context, 3.2). */
const TRACE_PARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The span that is open here, as others are told of it; undefined where nobody traces. */
export function traceParent(): string | undefined {
  const open = trace.getSpanContext(context.active());
  if (!open || !trace.isSpanContextValid(open)) return undefined;
  return `00-${open.traceId}-${open.spanId}-${open.traceFlags.toString(16).padStart(2, '0')}`;
}

/** What is open here, or behind the span of another process that `parent` names. What is no such name is taken for none. */
function within(parent: string | undefined): Context {
  const [, traceId = '', spanId = '', flags = ''] = TRACE_PARENT.exec(parent ?? '') ?? [];
  if (traceId === '') return context.active();
  const remote = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return trace.setSpanContext(context.active(), remote);
}

/**
 * Does work in a span, which ends with it; an error is told by its code.
 *
 * @param parent the span of another process that it belongs to
 */
export async function inSpan<T>(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  work: (span: Span) => Promise<T>,
  parent?: string,
): Promise<T> {
  return await tracer.startActiveSpan(name, { attributes }, within(parent), async (span) => {
    try {
      return await work(span);
    } catch (thrown) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: toTrestleError(thrown).code });
      throw thrown;
    } finally {
      span.end();
    }
  });
}

/**
 * Begins a span around what goes on from `rest`, which gives back at once: whoever began it ends it.
 *
 * @param rest is given undefined where nobody traces
 */
export const beginSpan = (
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  parent: string | undefined,
  rest: (span: Pick<Span, 'setAttribute' | 'end'> | undefined) => void,
): void =>
  tracer.startActiveSpan(name, { attributes }, within(parent), (span) =>
    rest(span.isRecording() ? span : undefined),
  );
