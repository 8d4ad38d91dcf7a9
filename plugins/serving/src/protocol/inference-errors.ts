import { problemOf, type RouteHandler, toTrestleError } from '@trestle/kernel';

/**
 * Answers what a handler refuses as the Open Inference Protocol wants it: JSON with an `error` in words. The members of our
 * problem details stand beside it, so that code and hint are there too. The unexpected is left to the server, which logs it.
 */
export const withInferenceErrors =
  (handler: RouteHandler): RouteHandler =>
  async (ctx, request, params) => {
    try {
      return await handler(ctx, request, params);
    } catch (thrown) {
      const error = toTrestleError(thrown);
      if (error.kind === 'failed') throw error;
      const problem = problemOf(error, ctx.requestId);
      return Response.json(
        { error: problem.detail, ...problem },
        {
          status: problem.status,
          headers: error.retryAfterS === undefined ? {} : { 'retry-after': String(error.retryAfterS) },
        },
      );
    }
  };
