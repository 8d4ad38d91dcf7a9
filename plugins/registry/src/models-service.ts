import type { Models } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { promoteModel } from './alias/move-alias.ts';
import { registryConfig } from './registry-config.ts';
import { refusal } from './version/gate.ts';
import { registerModel } from './version/register.ts';
import { resolveModel } from './version/versions.ts';

/** The service through which other plugins find, add and promote models. */
export const modelsService = (scope: Scope): Models => ({
  resolve: (reference) => resolveModel(scope, reference),
  async bytes({ digest }) {
    return await (await scope.service(blobsToken)).read(digest, scope.config(registryConfig).maxModelBytes);
  },
  async register(actor, model) {
    const {
      inputs: _inputs,
      outputs: _outputs,
      origin: _origin,
      ...version
    } = await registerModel(scope, actor, model);
    return version;
  },
  refusal: (model, admission) => refusal(scope, model, admission),
  promote: (actor, move) => promoteModel(scope, actor, move),
});
