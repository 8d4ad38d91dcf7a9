import type { Socket } from 'node:net';
import { problemOf } from '@trestle/kernel';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { serverError } from '../server-error.ts';
import type { FormOf } from './problems.ts';

const REFUSALS: Readonly<Record<string, readonly [status: number, title: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'The headers have more than 16 KiB.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request took too long to arrive.'],
};

const malformed = (message: string, cause?: unknown) =>
  serverError('REQUEST_MALFORMED', {
    kind: 'usage',
    message,
    hint: 'Send HTTP/1.1 as RFC 9112 describes it.',
    cause,
  });

/** Answers what Node's parser refuses: there is no request yet, so the answer goes to the socket as it is. */
export function answerMalformed(error: Error & { readonly code?: string }, socket: Socket): void {
  // Nobody is there to read an answer, or one is under way that must not be mixed up with this.
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy(error);
    return;
  }
  const [status, title, message] = REFUSALS[error.code ?? ''] ?? [
    400,
    'Bad Request',
    'This is not HTTP/1.1.',
  ];
  const body = JSON.stringify({ ...problemOf(malformed(message)), status });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\ncontent-type: application/problem+json\r\nx-content-type-options: nosniff\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Answers an address that Fastify's router cannot read; no hook has run for it. */
export function answerBadAddress(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
  formOf: FormOf,
): void {
  const problem = problemOf(malformed('The address cannot be read.', error), request.id);
  void reply
    .code(problem.status)
    .header('x-content-type-options', 'nosniff')
    .type(formOf(request.url).type)
    .send(formOf(request.url).body(problem));
}
