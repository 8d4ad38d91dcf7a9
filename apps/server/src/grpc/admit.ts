import { randomUUID } from 'node:crypto';
import type { ServerDuplexStream, ServerUnaryCall } from '@grpc/grpc-js';
import type { Context, GrpcMessage, Host, Resource } from '@trestle/kernel';
import { accessRefusal, type Callers, LOCAL, whoCalls } from '../door/access.ts';
import type { RequestCount } from '../door/rate-limit.ts';

type Call = ServerUnaryCall<GrpcMessage, GrpcMessage> | ServerDuplexStream<GrpcMessage, GrpcMessage>;

/**
 * Lets a call in. What it gives makes the context of a message, by what that touches.
 *
 * @throws TRS_SERVER_UNAUTHENTICATED, TRS_SERVER_ACCESS_DENIED, TRS_SERVER_RATE_LIMITED
 */
export type Admit = (
  id: string,
  access: string,
  call: Call,
) => Promise<(touched: readonly Resource[]) => Context>;

export const admission =
  (
    host: Host,
    { callers, count }: { readonly callers: Callers | undefined; readonly count: RequestCount },
  ): Admit =>
  async (id, access, call) => {
    const [authorization] = call.metadata.get('authorization');
    const principal = callers ? await whoCalls(callers, authorization?.toString()) : LOCAL;
    const refused = accessRefusal(principal, access) ?? count(`${principal.id} ${addressOf(call.getPeer())}`);
    if (refused) throw refused;
    const options = {
      principal,
      surface: 'http' as const,
      requestId: randomUUID(),
      ...deadlineOf(call.getDeadline()),
      lateSignal: () => cancelledWith(call),
    };
    return (touched) => host.context({ id, access, touched }, options);
  };

const deadlineOf = (deadline: Date | number): { readonly deadline?: number } => {
  const time = Number(deadline);
  return Number.isFinite(time) ? { deadline: time } : {};
};

/** Without its port, which is another one for each connection. */
const addressOf = (peer: string): string => peer.replace(/:\d+$/, '');

function cancelledWith(call: Call): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort(new DOMException('The caller went away.', 'AbortError'));
  if (call.cancelled) abort();
  else call.once('cancelled', abort);
  return controller.signal;
}
