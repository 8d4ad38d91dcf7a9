import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import {
  type Host,
  isTrestleError,
  jobStoreToken,
  journalToken,
  operation,
  pause,
  plugin,
} from '@trestle/kernel';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RESUME_TIMINGS, type ResumeSubject } from './resume-subject.ts';
import { type TemporaryProject, temporaryProject } from './temporary-project.ts';

const resumeJob = operation({
  id: 'resumed.resume',
  summary: 'Goes on with a job.',
  kind: 'job',
  access: 'work:do',
  input: z.object({ job: z.string() }),
  output: z.unknown(),
  load:
    async () =>
    async (ctx, { job }) =>
      await ctx.continueJob(job),
});
const resuming = plugin({ name: 'resumed', version: '1.0.0', operations: [resumeJob] });

const CHILD = fileURLToPath(
  new URL(`./resume-child${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/**
 * What every job that can be resumed must do: killed (kill -9) before and after each thing that it makes durable, it goes on behind
 * the last one, does nothing twice, and comes to what an undisturbed one comes to. Call it inside a vitest file.
 *
 * @param module exports `subject`
 */
export function resumeContract(name: string, module: URL): void {
  describe(`${name}: resume contract`, () => {
    it('killed before and after each thing that it keeps, it goes on behind it and comes to the same', async () => {
      const { subject }: { subject: ResumeSubject } = await import(module.href);
      const plugins = [...subject.plugins, resuming];
      const template = await temporaryProject();
      try {
        for (const [path, text] of Object.entries(subject.files))
          await writeFile(join(template.dir, path), text);
        const filled = await template.open(plugins);
        await subject.fill(filled);
        await filled.close();
        const expected = await inCopyOf(template, async (project) => {
          const host = await project.open(plugins);
          await subject.run(host);
          return await subject.outcome(host);
        });
        let kills = 0;
        for (let isThrough = false; !isThrough; kills++)
          // Both wait for leases to run out: side by side.
          await Promise.all(
            (['before', 'after'] as const).map((moment) =>
              inCopyOf(template, async (project) => {
                if (await killedAt(module, project.dir, kills + 1, moment)) {
                  const host = await project.open(plugins, { jobs: RESUME_TIMINGS });
                  await resume(host);
                  const where = `killed ${moment} change ${kills + 1}`;
                  expect({ where, outcome: await subject.outcome(host) }).toEqual({
                    where,
                    outcome: expected,
                  });
                  expect(await (await host.service(journalToken)).verify()).toMatchObject({ ok: true });
                } else isThrough = true;
              }),
            ),
          );
        // Fewer are no job in steps.
        expect(kills).toBeGreaterThan(2);
      } finally {
        await template.remove();
      }
    }, 600_000);
  });
}

async function inCopyOf<T>(
  template: TemporaryProject,
  work: (project: TemporaryProject) => Promise<T>,
): Promise<T> {
  const project = await temporaryProject();
  try {
    await rm(project.dir, { recursive: true });
    await cp(template.dir, project.dir, { recursive: true });
    return await work(project);
  } finally {
    await project.remove();
  }
}

/** Does the job in a process that kills itself at a change; false when it came to its end before. */
async function killedAt(module: URL, dir: string, at: number, moment: 'before' | 'after'): Promise<boolean> {
  const child = spawn(process.execPath, [CHILD, module.href, dir, String(at), moment], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code, signal] = await once(child, 'close');
  // It did not fall over by itself.
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`The process ended with ${code}: ${said}`);
  return signal === 'SIGKILL';
}

/** Goes on with the job that was killed, as soon as its lease has run out; what it had finished is not done again. */
async function resume(host: Host): Promise<void> {
  const jobs = await host.service(jobStoreToken);
  const [job] = await jobs.list({ limit: 1 });
  if (!job) throw new Error('There is no job.');
  const finished = new Set((await jobs.steps(job.id)).map(({ name }) => name));
  const again: string[] = [];
  const { keepStep } = jobs;
  Object.assign(jobs, {
    keepStep: (...[hold, step]: Parameters<typeof keepStep>) => {
      // What it takes over has its times; what it did again has none yet.
      if (finished.has(step.name) && 'tookMs' in step) again.push(step.name);
      return keepStep(hold, step);
    },
  });
  for (;;) {
    try {
      await host.run(resumeJob, { job: job.id });
      break;
    } catch (thrown) {
      if (!isTrestleError(thrown) || thrown.code !== 'TRS_KERNEL_JOB_RUNS') throw thrown;
      await pause(50, new AbortController().signal);
    }
  }
  expect(again).toEqual([]);
}
