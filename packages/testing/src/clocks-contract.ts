import { jobStoreToken, journalToken, leasesToken, systemPrincipal } from '@trestle/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StoreProcess, storeProcess } from './store-process.ts';
import type { TemporaryProject } from './temporary-project.ts';

const MINUTE_MS = 60_000;
const SKEW_MS = 10 * MINUTE_MS;

/** What a store keeps when the clocks of its processes are ten minutes apart. Call it inside a vitest file. */
export function clocksContract(name: string, make: () => Promise<TemporaryProject>): void {
  describe(`${name}: clocks contract`, { timeout: 120_000 }, () => {
    let project: TemporaryProject;
    let ahead: StoreProcess;
    let behind: StoreProcess;
    beforeAll(async () => {
      project = await make();
      await (await project.open()).service(journalToken);
      ahead = await storeProcess(project, 'ahead', SKEW_MS);
      behind = await storeProcess(project, 'behind', -SKEW_MS);
    });
    afterAll(async () => {
      await ahead?.kill();
      await behind?.kill();
      await project?.remove();
    });

    it('is tried with clocks that differ', async () => {
      const times = [await ahead.ask('time'), await behind.ask('time')].map((time) =>
        Date.parse(String(time)),
      );
      expect((times[0] ?? 0) - (times[1] ?? 0)).toBeGreaterThan(1.9 * SKEW_MS);
    });

    it('does not give a lease away that another holds, whoever is ahead', async () => {
      expect(await behind.ask(`lease late ${MINUTE_MS}`)).toMatchObject({ lease: 'late' });
      expect(await ahead.ask(`lease late ${MINUTE_MS}`)).toBeNull();
      const leases = await (await project.open()).service(leasesToken);
      expect(await leases.acquire('late', 'here', MINUTE_MS)).toBeUndefined();
      // Nor is one that is renewed from behind any shorter.
      expect(await behind.ask(`lease late ${MINUTE_MS}`)).toMatchObject({ lease: 'late' });
      expect(await ahead.ask(`lease late ${MINUTE_MS}`)).toBeNull();
    });

    it('gives a lease away that has run out, though its holder is ahead', async () => {
      expect(await ahead.ask('lease early 50')).toMatchObject({ lease: 'early' });
      await new Promise((resolve) => setTimeout(resolve, 120));
      expect(await behind.ask(`lease early ${MINUTE_MS}`)).toMatchObject({ lease: 'early' });
    });

    it('takes no job from a worker that is behind, and takes it from one that is ahead when its time is over', async () => {
      const jobs = await (await project.open()).service(jobStoreToken);
      await jobs.enqueue({ id: 'held', operation: 'x', input: {}, principal: systemPrincipal });
      expect(await behind.ask(`claim ${MINUTE_MS}`)).toMatchObject({ id: 'held', generation: 1 });
      expect(await ahead.ask(`claim ${MINUTE_MS}`)).toBeNull();
      await jobs.giveUp('behind');
      expect(await ahead.ask('claim 50')).toMatchObject({ id: 'held', generation: 2 });
      await new Promise((resolve) => setTimeout(resolve, 120));
      expect(await behind.ask(`claim ${MINUTE_MS}`)).toMatchObject({ id: 'held', generation: 3 });
      await jobs.finish({ job: 'held', generation: 3 }, { state: 'succeeded', output: 1 });
    });

    it('hands jobs out in the order in which they were queued, and keeps steps in theirs', async () => {
      const jobs = await (await project.open()).service(jobStoreToken);
      for (const [process, id] of [
        [ahead, 'first'],
        [behind, 'second'],
      ] as const) {
        await process.ask(`enqueue ${id}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(await jobs.claim('here', MINUTE_MS, 3)).toMatchObject({ id: 'first' });
      expect(await jobs.claim('here', MINUTE_MS, 3)).toMatchObject({ id: 'second' });
      await ahead.ask('step second 1 early');
      await behind.ask('step second 1 late');
      const steps = await jobs.steps('second');
      expect(steps.map((step) => step.name)).toEqual(['early', 'late']);
      const [early = 0, late = 0] = steps.map(({ finishedAt }) => Date.parse(finishedAt));
      expect(late).toBeGreaterThanOrEqual(early);
      expect(late - early).toBeLessThan(MINUTE_MS);
    });

    it('dates events in the order of the log, whoever appends them', async () => {
      const journal = await (await project.open()).service(journalToken);
      for (const process of [ahead, behind, ahead, behind]) await process.ask('append');
      const times = (await journal.read({ types: ['thing.made'] })).map(({ time }) => time);
      expect(times).toHaveLength(4);
      expect(times.toSorted()).toEqual(times);
      expect(Date.parse(times.at(-1) ?? '') - Date.parse(times[0] ?? '')).toBeLessThan(MINUTE_MS);
    });
  });
}
