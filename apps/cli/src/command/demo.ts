import process from 'node:process';
import { Command, Flags } from '@oclif/core';
import { type Logger, stderrLogger } from '@trestle/kernel';
import { interruption } from '../interruption.ts';
import { openProject } from '../open-project.ts';
import { progressLine } from '../render/progress-line.ts';
import { renderViews } from '../render/render-views.ts';
import { studioDir } from '../studio-dir.ts';
import { globalFlags } from './global-flags.ts';

const flags = {
  once: Flags.boolean({ summary: 'End after the demo instead of leaving the server up.' }),
  port: Flags.integer({
    summary: 'The port; 0 takes a free one. 7070 when left out, or a free one with --once.',
    min: 0,
    max: 65_535,
  }),
  json: globalFlags.json,
  project: globalFlags.project,
};

/** `trestle demo`: the whole line on real data. */
export class DemoCommand extends Command {
  static override summary =
    'From raw records to a monitored model: the whole line, on real data, in a folder of its own.';
  static override flags = flags;

  override async run(): Promise<void> {
    const { flags: typed } = await this.parse({ flags });
    const { runDemo } = await import('@trestle/demo');
    const { startServer } = await import('@trestle/server');
    const out = typed.json ? process.stderr : process.stdout;
    const progress = progressLine(process.stderr);
    const account = await runDemo({
      projectDir: typed.project,
      openProject: (dir) => openProject(dir, { log: quietUnlessAsked() }),
      startServer: (host, port) => startServer(host, { port, host: '127.0.0.1', studioDir: studioDir() }),
      port: typed.port ?? (typed.once ? 0 : 7070),
      isOnce: typed.once,
      signal: interruption(),
      show: (views) => {
        progress.clear();
        out.write(`${renderViews(views, out)}\n`);
      },
      onProgress: progress.update,
    });
    progress.clear();
    if (typed.json) process.stdout.write(`${JSON.stringify(account, null, 2)}\n`);
  }

  protected override async catch(error: Error): Promise<never> {
    throw error;
  }
}

/** The account tells of alerts in its own words; with TRESTLE_DEBUG the log comes too. */
function quietUnlessAsked(): Logger {
  const { debug, ...said } = stderrLogger();
  const isAsked = Number(process.env.TRESTLE_DEBUG ?? 0) >= 1;
  return isAsked ? { debug, ...said } : { debug, info: () => {}, warn: () => {} };
}
