import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { Command } from '@oclif/core';
import { z } from 'zod';
import { isAskedFor, wordsOf } from './argv.ts';

type Commands = Readonly<Record<string, typeof Command>>;

const manifest = z
  .object({
    name: z.string(),
    version: z.string(),
    oclif: z.object({
      description: z.string(),
      topics: z.record(z.string(), z.object({ description: z.string() })),
    }),
  })
  .parse(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')));
const TOPICS = manifest.oclif.topics;

const nameOf = (id: string): string => id.replaceAll(':', ' ');

const listed = (commands: Commands, isShown: (id: string) => boolean) =>
  Object.entries(commands)
    .filter(([id]) => isShown(id))
    .map(([id, command]) => ({ name: nameOf(id), summary: command.summary ?? '' }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** What `--help` says, as a document: of everything, of a topic or of a command. Undefined when a command is to be run. */
export function helpDocument(argv: readonly string[], commands: Commands): unknown {
  const isHelp = isAskedFor(argv, '--help');
  const [first, second] = wordsOf(argv);
  if (first === undefined) return rootDocument(commands);
  const id = [`${first}:${second}`, first].find((one) => Object.hasOwn(commands, one));
  if (id !== undefined) return isHelp ? commandDocument(id, commands[id]) : undefined;
  const isTopic = second === undefined && Object.keys(commands).some((one) => one.startsWith(`${first}:`));
  return isTopic ? topicDocument(first, commands) : undefined;
}

/** What `--version` says, as a document. */
export const versionDocument = () => ({
  name: manifest.name,
  version: manifest.version,
  platform: process.platform,
  arch: process.arch,
  node: process.versions.node,
});

const rootDocument = (commands: Commands) => ({
  ...versionDocument(),
  summary: manifest.oclif.description,
  topics: Object.entries(TOPICS).map(([name, { description }]) => ({ name, summary: description })),
  commands: listed(commands, () => true),
});

const topicDocument = (topic: string, commands: Commands) => ({
  topic,
  summary: TOPICS[topic]?.description ?? '',
  commands: listed(commands, (id) => id.startsWith(`${topic}:`)),
});

function commandDocument(id: string, command: typeof Command | undefined) {
  const flags = Object.entries(command?.flags ?? {}).filter(([, flag]) => !flag.hidden);
  return {
    command: nameOf(id),
    summary: command?.summary ?? '',
    arguments: Object.entries(command?.args ?? {}).map(([name, arg]) => ({
      name,
      summary: arg.description ?? '',
      required: arg.required ?? false,
    })),
    flags: flags.map(([name, flag]) => ({
      name: `--${name}`,
      summary: (flag.summary ?? '').trim(),
      required: flag.required ?? false,
      takesValue: flag.type === 'option',
      ...(flag.type === 'option' && flag.options ? { choices: [...flag.options] } : {}),
      ...(flag.type === 'option' && flag.multiple ? { multiple: true } : {}),
    })),
    examples: [...(command?.examples ?? [])],
  };
}
