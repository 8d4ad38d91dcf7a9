import { extensionPoint } from '@trestle/kernel/spec';
import { z } from 'zod';

/**
 * What a plugin adds to the Studio: a page of its own, or a panel on the page of every object of a kind. It shows the views of
 * one of the plugin's queries, so it is data: no script of a plugin runs in the page.
 */
export const panelSchema = z.strictObject({
  /** `tides`: its place in the Studio's addresses, unique across plugins. */
  name: z
    .string()
    .regex(
      /^[a-z][a-z0-9-]*$/,
      'it must begin with a small letter and hold small letters, digits and dashes',
    ),
  title: z.string().min(1),
  /** `page`, or the kind of object that it stands with: `dataset`, `model`, `deployment`, `run`, `pipeline`. */
  on: z.string().min(1),
  /** The id of the query whose views it shows. */
  operation: z.string().min(1),
  input: z.record(z.string(), z.unknown()).default({}),
  /** The field of the query's input that gets the object's name. */
  subject: z.string().optional(),
});
export type Panel = z.output<typeof panelSchema>;

export const panels = extensionPoint<z.input<typeof panelSchema>>('studio.panels');
