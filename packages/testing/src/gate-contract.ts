import type { Admission, Gate, ModelVersion } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { describe, expect, it } from 'vitest';

/** A model version that is about to become something. */
export interface AdmissionCase {
  readonly model: ModelVersion;
  readonly admission: Admission;
}

export interface GateUnderTest {
  /** The host, or the context of an operation, of a project in which the models are. */
  scope(): Promise<Scope>;
  /** What the gate lets through, with a word or without. */
  readonly passes: AdmissionCase;
  readonly refuses: AdmissionCase;
}

/** What every promotion gate must do. Call it inside a vitest file. */
export function gateContract(gate: Gate, { scope, passes, refuses }: GateUnderTest): void {
  const ask = async ({ model, admission }: AdmissionCase) =>
    await (await gate.load())(await scope(), Object.freeze({ ...model }), Object.freeze({ ...admission }));

  describe(`${gate.name}: gate contract`, () => {
    it('has a name that an error can name', () => {
      expect(gate.name).toMatch(/^[a-z][a-z0-9-]*$/);
    });

    it('lets through what it has nothing against', async () => {
      expect((await ask(passes))?.passed ?? true).toBe(true);
    });

    it('refuses with a sentence that says why', async () => {
      const verdict = await ask(refuses);
      expect(verdict?.passed).toBe(false);
      expect(verdict?.detail).toMatch(/^\S.*\S$/s);
    });

    it('only looks: the same question has the same answer', async () => {
      for (const one of [passes, refuses]) expect(await ask(one)).toEqual(await ask(one));
    });
  });
}
