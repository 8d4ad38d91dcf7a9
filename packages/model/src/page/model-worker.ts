import { openDevice, setDefaultDevice } from '@trestle/core';
import { type Model, openModel } from '../model.ts';
import { download } from './download.ts';
import type { Failure, Opened, Reply, Request } from './messages.ts';

/*
 * The thread of a model: downloads, opens and computes, so that the page never waits.
 */

const say = (reply: Reply): void => postMessage(reply);
let model: Model | undefined;
/** Texts that are being written on and that the page wants no more of. */
const stopped = new Set<number>();

addEventListener('message', ({ data }: MessageEvent<Request>) => {
  void answer(data).then(
    (value) => say({ id: data.id, value }),
    (thrown: unknown) => say({ id: data.id, failure: failureOf(thrown) }),
  );
});

async function answer(request: Request): Promise<unknown> {
  const { id } = request;
  if ('open' in request) {
    // Looking for a GPU takes a moment, in which the file comes.
    const [bytes, device] = await Promise.all([
      download(request.open, (progress) => say({ id, progress })),
      openDevice(request.device),
    ]);
    setDefaultDevice(device);
    model = await openModel(bytes, { maxBytes: request.open.maxBytes });
    return descriptionOf(model);
  }
  if (!model) throw new TypeError('no model is open');
  // What comes is what `load` sends for each of these.
  const argument = request.argument as never;
  switch (request.method) {
    case 'predict':
      return await model.predict(argument);
    case 'run':
      return await model.run(argument);
    case 'verify':
      return await model.verify();
    case 'generate': {
      const pieces = model.generate?.(argument, () => stopped.has(id));
      if (pieces) for await (const piece of pieces) say({ id, piece });
      stopped.delete(id);
      return undefined;
    }
    case 'stop':
      stopped.add(argument);
      return undefined;
  }
}

function descriptionOf({ digest, card, features, inputs, outputs, generate }: Model): Opened {
  return { digest, card, features, inputs, outputs, isWriting: generate !== undefined };
}

function failureOf(thrown: unknown): Failure {
  const { name, message, code, hint, details } = (
    thrown instanceof Error ? thrown : new Error(String(thrown))
  ) as Partial<Failure> & Error;
  return { name, message, code, hint, details };
}
