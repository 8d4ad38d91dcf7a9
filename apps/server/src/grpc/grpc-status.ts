import { Metadata, status } from '@grpc/grpc-js';
import { type ErrorKind, toTrestleError } from '@trestle/kernel';
import { shownError } from '../door/problems.ts';

/** The status of each kind of failure (grpc.io, "Status codes and their use in gRPC"). */
const STATUSES: Readonly<Record<ErrorKind, status>> = {
  usage: status.INVALID_ARGUMENT,
  invalid: status.INVALID_ARGUMENT,
  unauthenticated: status.UNAUTHENTICATED,
  denied: status.PERMISSION_DENIED,
  'not-found': status.NOT_FOUND,
  'wrong-method': status.UNIMPLEMENTED,
  conflict: status.ABORTED,
  refused: status.FAILED_PRECONDITION,
  'too-large': status.INVALID_ARGUMENT,
  unsupported: status.UNIMPLEMENTED,
  overloaded: status.RESOURCE_EXHAUSTED,
  unavailable: status.UNAVAILABLE,
  interrupted: status.CANCELLED,
  failed: status.INTERNAL,
};

/** A failure as gRPC says it: its words, and our code, hint and the time to try again in its trailers. */
export function statusOf(thrown: unknown): { code: status; details: string; metadata: Metadata } {
  const error = shownError(toTrestleError(thrown));
  const metadata = new Metadata();
  metadata.set('trestle-code', error.code);
  if (error.hint !== undefined) metadata.set('trestle-hint-bin', Buffer.from(error.hint));
  if (error.retryAfterS !== undefined) metadata.set('retry-after', String(error.retryAfterS));
  return { code: STATUSES[error.kind], details: error.message, metadata };
}
