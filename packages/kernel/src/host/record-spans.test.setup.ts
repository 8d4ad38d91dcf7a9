import { AsyncLocalStorage } from 'node:async_hooks';
import { type Span, type SpanOptions, type SpanStatus, type Tracer, trace } from '@opentelemetry/api';

export interface RecordedSpan {
  readonly name: string;
  /** The name of the span around it. */
  readonly parent: string | undefined;
  readonly attributes: Record<string, unknown>;
  status: SpanStatus | undefined;
  isEnded: boolean;
}

/** Registers a tracer with the OpenTelemetry API that keeps spans in memory, as an exporter of an application would get them. */
export function recordSpans(): { readonly spans: RecordedSpan[] } {
  const spans: RecordedSpan[] = [];
  const active = new AsyncLocalStorage<RecordedSpan>();
  const start = (name: string): RecordedSpan => {
    const span = { name, parent: active.getStore()?.name, attributes: {}, status: undefined, isEnded: false };
    spans.push(span);
    return span;
  };
  const asSpan = (recorded: RecordedSpan): Span => {
    const span: Span = {
      spanContext: () => ({ traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 }),
      setAttribute: (key, value) => {
        recorded.attributes[key] = value;
        return span;
      },
      setAttributes: () => span,
      addEvent: () => span,
      addLink: () => span,
      addLinks: () => span,
      setStatus: (status) => {
        recorded.status = status;
        return span;
      },
      updateName: () => span,
      end: () => {
        recorded.isEnded = true;
      },
      isRecording: () => true,
      recordException: () => {},
    };
    return span;
  };
  const tracer: Tracer = {
    startSpan: (name) => asSpan(start(name)),
    startActiveSpan: (name: string, ...rest: unknown[]) => {
      const work = rest.at(-1);
      const [options] = rest;
      const recorded = start(name);
      if (typeof options === 'object')
        Object.assign(recorded.attributes, (options as SpanOptions).attributes);
      if (typeof work !== 'function') return undefined as never;
      return active.run(recorded, () => work(asSpan(recorded)));
    },
  };
  trace.setGlobalTracerProvider({ getTracer: () => tracer });
  return { spans };
}
