import process from 'node:process';
import { jobStoreToken, openHost } from '@trestle/kernel';
import { metadataToken, storePlugin } from '@trestle/store';
import { RESUME_TIMINGS, type ResumeSubject } from './resume-subject.ts';

// A process of its own for the resume contract: `node resume-child MODULE DIR AT before|after` does the job of a subject, and kills
// itself before or after the AT-th thing that is made durable.
const [module = '', dir = '', at = '', moment = ''] = process.argv.slice(2);
const { subject }: { subject: ResumeSubject } = await import(module);
const host = await openHost({
  projectDir: dir,
  plugins: [storePlugin, ...subject.plugins],
  env: { TRESTLE_STORE__RESERVE_BYTES: '0' },
  jobs: RESUME_TIMINGS,
});

let left = Number(at);
const killing =
  <Args extends unknown[], T>(keep: (...args: Args) => Promise<T>) =>
  async (...args: Args): Promise<T> => {
    left--;
    const isIt = left === 0;
    if (isIt && moment === 'before') process.kill(process.pid, 'SIGKILL');
    const kept = await keep(...args);
    if (isIt) process.kill(process.pid, 'SIGKILL');
    return kept;
  };
const metadata = await host.service(metadataToken);
const jobs = await host.service(jobStoreToken);
Object.assign(metadata, { change: killing(metadata.change), write: killing(metadata.write) });
Object.assign(jobs, { keepStep: killing(jobs.keepStep) });

await subject.run(host);
await host.close();
