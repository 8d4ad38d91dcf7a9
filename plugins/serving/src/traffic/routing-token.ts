import { token } from '@trestle/kernel';
import type { Routing } from './routing.ts';

export const routingToken = token<Routing>('serving.routing');
