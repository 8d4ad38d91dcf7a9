import { styleText } from 'node:util';

/** Colours a text, or leaves it as it is where colour is not wanted. */
export type Style = (format: Parameters<typeof styleText>[0], text: string) => string;

/** Colour only on a terminal that has it, and not with NO_COLOR. */
export const styleFor =
  (stream: NodeJS.WritableStream): Style =>
  (format, text) =>
    styleText(format, text, { stream, validateStream: true });
