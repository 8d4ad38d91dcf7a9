import type { RouteAnswer } from '@trestle/kernel';

/** The answer of a route's handler as a web-standard response, however it was given. */
export const responseOf = (answer: Response | RouteAnswer): Response =>
  answer instanceof Response
    ? answer
    : new Response(typeof answer.body === 'string' ? answer.body : new Uint8Array(answer.body), answer);
