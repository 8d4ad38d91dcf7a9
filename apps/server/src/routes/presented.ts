import { PRESENTED_TYPE, type Presented } from '@trestle/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Whether a caller asks for the picture of an output too, as pages do. */
export const wantsPresented = ({ headers }: FastifyRequest): boolean => headers.accept === PRESENTED_TYPE;

export const sendPresented = (reply: FastifyReply, presented: Presented): FastifyReply =>
  reply.type(PRESENTED_TYPE).send(JSON.stringify(presented));
