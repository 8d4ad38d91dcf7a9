import type { ModelVersion } from '@trestle/contracts';
import { isTrestleError, type Scope } from '@trestle/kernel';
import type { Verification } from '@trestle/model';
import { blobsToken } from '@trestle/store';
import { registryConfig } from '../registry-config.ts';
import { examinerToken } from './examiner-token.ts';

/** Reads the package, compares its digest, opens it and replays its golden examples. A failure is a check, not an error. */
export async function verifyModel(scope: Scope, version: ModelVersion): Promise<Verification> {
  const { maxModelBytes } = scope.config(registryConfig);
  try {
    const blobs = await scope.service(blobsToken);
    const examiner = await scope.service(examinerToken);
    const { verification } = await examiner.examine(await blobs.read(version.digest, maxModelBytes));
    const { verified, checks } = verification;
    return {
      verified,
      checks: [{ name: 'digest', passed: true, detail: `SHA-256 ${version.digest}` }, ...checks],
    };
  } catch (thrown) {
    if (!isTrestleError(thrown)) throw thrown;
    const name = thrown.code.startsWith('TRS_STORE_') ? 'digest' : 'opening';
    return {
      verified: false,
      checks: [{ name, passed: false, detail: `${thrown.code}: ${thrown.message}` }],
    };
  }
}
