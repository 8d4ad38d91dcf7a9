import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, context, ROOT_CONTEXT, type Span, type Tracer, trace } from '@opentelemetry/api';

export interface RecordedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
}

/** Registers a tracer and the contexts behind it, as an application's SDK does, and keeps the spans that have ended. */
export function recordTraces(): RecordedSpan[] {
  const ended: RecordedSpan[] = [];
  const open = new AsyncLocalStorage<Context>();
  context.setGlobalContextManager({
    active: () => open.getStore() ?? ROOT_CONTEXT,
    with: (within, work, self, ...args) => open.run(within, () => work.apply(self as never, args)),
    bind: (_within, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
  let count = 0;
  const start = (name: string, within: Context): Span => {
    const parent = trace.getSpanContext(within);
    const traceId = parent?.traceId ?? (++count).toString(16).padStart(32, 'f');
    const spanId = (++count).toString(16).padStart(16, '0');
    const span = {
      spanContext: () => ({ traceId, spanId, traceFlags: 1 }),
      isRecording: () => true,
      end: () => void ended.push({ name, traceId, spanId, parentId: parent?.spanId }),
      ...Object.fromEntries(
        ['setAttribute', 'setAttributes', 'addEvent', 'addLink', 'addLinks', 'setStatus', 'updateName'].map(
          (method) => [method, () => span],
        ),
      ),
      recordException: () => {},
    } as unknown as Span;
    return span;
  };
  const tracer: Tracer = {
    startSpan: (name, _options, within = context.active()) => start(name, within),
    startActiveSpan: (name: string, ...rest: readonly unknown[]) => {
      const work = rest.at(-1) as (span: Span) => unknown;
      const within = rest.length === 3 ? (rest[1] as Context) : context.active();
      const span = start(name, within);
      return context.with(trace.setSpan(within, span), work, undefined, span) as never;
    },
  };
  trace.setGlobalTracerProvider({ getTracer: () => tracer });
  return ended;
}
