import type { StepDefinition, StepKind, StepMaker, StepProduct, StepReads } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { describe, expect, it } from 'vitest';

export interface StepKindUnderTest {
  /** The context of an operation that may do what the step does, in a project of its own. */
  context(): Promise<Context>;
  /** A step as a configuration has it, and what it reads: names that no step of the pipeline has, or products of other steps. */
  readonly step: Readonly<Record<string, unknown>>;
  readonly reads?: Readonly<Record<string, StepProduct>>;
  /** Whether the step is not made again while nothing that it follows from changes. */
  readonly isRemembered: boolean;
  /** A step that its kind refuses before anything runs. */
  readonly wrong: Readonly<Record<string, unknown>>;
}

/** What every kind of step must do. Call it inside a vitest file. */
export function stepKindContract<Step extends StepDefinition>(
  kind: StepKind<Step>,
  { context, step: told, reads: given = {}, isRemembered, wrong }: StepKindUnderTest,
) {
  const parse = (step: unknown) => ({ pipeline: 'contract', name: 'tried', step: kind.schema.parse(step) });

  const withMaker = async (work: (maker: StepMaker<Step>) => Promise<void>): Promise<void> => {
    const open = await kind.load();
    const maker = await open(await context());
    try {
      await work(maker);
    } finally {
      await maker.close();
      await maker.close();
    }
  };
  /** Describes the step, and reads what it says that it reads. */
  const readsOf = async (maker: StepMaker<Step>): Promise<StepReads> => {
    const { inputs, compares } = await maker.describe(parse(told));
    const found = async (names: readonly string[]) =>
      new Map(
        await Promise.all(
          names.map(async (name) => [name, given[name] ?? (await maker.outside(name))] as const),
        ),
      );
    return { inputs: await found(inputs), compared: await found(compares) };
  };

  describe(`${kind.name}: step kind contract`, () => {
    it('is marked by a field that its steps have', () => {
      expect(Object.keys(told)).toContain(kind.mark);
      const parsed = kind.schema.parse(told);
      expect(parsed.retries).toBe(0);
      expect(kind.schema.parse(parsed)).toEqual(parsed);
    });

    it('says what it reads and makes before anything runs, and the same again', async () => {
      await withMaker(async (maker) => {
        const facts = await maker.describe(parse(told));
        expect(await maker.describe(parse(told))).toEqual(facts);
        expect(maker.atOnce).toBeGreaterThan(0);
      });
    });

    it('refuses a wrong step by its name, with a code, before anything runs', async () => {
      await withMaker(async (maker) => {
        const refused = (async () => await maker.describe(parse(wrong)))();
        await expect(refused).rejects.toMatchObject({
          code: expect.stringMatching(/^TRS_/),
          message: expect.stringContaining('tried'),
        });
      });
    });

    it('decides without doing anything: twice the same', async () => {
      await withMaker(async (maker) => {
        const reads = await readsOf(maker);
        const { state, reason } = await maker.decide(parse(told), reads, false);
        const again = await maker.decide(parse(told), reads, false);
        expect([again.state, again.reason]).toEqual([state, reason]);
      });
    });

    it('makes what can be read once it is durable, and remembers it if it does so', async () => {
      await withMaker(async (maker) => {
        const reads = await readsOf(maker);
        const decision = await maker.decide(parse(told), reads, true);
        if (decision.state === 'cached') throw new Error('It was forced, and is not made.');
        const early: StepProduct[] = [];
        const product = await decision.make({ report: () => {}, onMade: (one) => void early.push(one) });
        const outcome = await product.done();
        expect(JSON.parse(JSON.stringify(outcome.result))).toEqual(outcome.result);
        for (const one of early) expect((await one.done()).output).toBe(outcome.output);
        const after = await maker.decide(parse(told), await readsOf(maker), false);
        expect(after.state === 'cached').toBe(isRemembered);
        if (after.state !== 'cached') return;
        expect(await after.product.done()).toEqual(outcome);
        expect(await (await after.reuse()).done()).toEqual(outcome);
      });
    });

    it('makes nothing for a run that was stopped', async () => {
      const ctx = await context();
      const stopped = { ...ctx, signal: AbortSignal.abort() };
      const maker = await (await kind.load())(stopped);
      try {
        const made = (async () => {
          const decision = await maker.decide(parse(told), await readsOf(maker), true);
          if (decision.state !== 'cached') await decision.make({ report: () => {} });
        })();
        await expect(made).rejects.toBeDefined();
      } finally {
        await maker.close();
      }
    });
  });
}
