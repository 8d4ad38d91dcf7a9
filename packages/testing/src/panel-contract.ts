import { panelSchema } from '@trestle/contracts';
import { invariant, type Plugin } from '@trestle/kernel';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';

/** What every panel of the Studio must be: a query of its plugin, with views. Call it inside a vitest file. */
export function panelContract(panel: z.input<typeof panelSchema>, plugin: Plugin): void {
  describe(`${panel.name}: panel contract`, () => {
    const found = () =>
      invariant(
        plugin.operations?.find(({ id }) => id === panel.operation),
        `the operation ${panel.operation}`,
      );

    it('is plain data, and whole', () => {
      expect(panelSchema.parse(panel)).toMatchObject({ name: panel.name, title: panel.title });
      expect(JSON.parse(JSON.stringify(panel))).toEqual(panel);
    });

    it('shows the views of a query: nothing changes when somebody looks', () => {
      expect(found()).toMatchObject({ kind: 'query', present: expect.any(Function) });
    });

    it('asks what the query takes', () => {
      const { input } = found();
      const asked = {
        ...panel.input,
        ...(panel.subject === undefined ? {} : { [panel.subject]: 'something' }),
      };
      const unknown = Object.keys(asked).filter((field) => !Object.hasOwn(input.shape, field));
      expect(unknown).toEqual([]);
      expect(input.safeParse(asked).error?.issues).toBeUndefined();
    });
  });
}
