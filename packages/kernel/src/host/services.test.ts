import { describe, expect, it } from 'vitest';
import type { Scope } from '../operation/context.ts';
import { plugin, provide, type ServiceProvider } from '../plugin/plugin.ts';
import { token } from '../plugin/token.ts';
import { memoryLog } from './memory-ports.test.setup.ts';
import { openServices } from './services.ts';

const a = token<string>('test.a');
const b = token<string>('test.b');
const c = token<string>('test.c');
const scope: Omit<Scope, 'service'> = {
  project: { dir: '/', stateDir: '/.trestle' },
  log: memoryLog(),
  config: () => ({}) as never,
  extensions: () => [],
};
const open = (...services: ServiceProvider[]) =>
  openServices([plugin({ name: 'test', version: '1.0.0', services })], [], scope);
const later = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('services', () => {
  it('are made on first use, once, however many ask', async () => {
    let count = 0;
    const services = open(
      provide(a, async () => {
        await later();
        return `a${++count}`;
      }),
    );
    expect(count).toBe(0);
    expect(await Promise.all([services.get(a), services.get(a)])).toEqual(['a1', 'a1']);
    expect(await services.get(a)).toBe('a1');
  });

  it('get each other', async () => {
    const services = open(
      provide(a, async (scope) => `a of ${await scope.service(b)}`),
      provide(b, () => 'b'),
    );
    expect(await services.get(a)).toBe('a of b');
    expect([services.has(a), services.has(c)]).toEqual([true, false]);
  });

  it('are closed last made first, each once', async () => {
    const closed: string[] = [];
    const closing = (name: string) => async () => {
      await later();
      closed.push(name);
    };
    const services = open(
      provide(a, async (scope) => {
        const inner = await scope.service(b);
        scope.onClose(closing('a'));
        return `a of ${inner}`;
      }),
      provide(b, (scope) => {
        scope.onClose(closing('b'));
        return 'b';
      }),
      provide(c, (scope) => {
        scope.onClose(closing('c'));
        return 'c';
      }),
    );
    await services.get(c);
    await services.get(a);
    await services.close();
    await services.close();
    expect(closed).toEqual(['a', 'b', 'c']);
  });

  it.each([
    [
      'at once',
      () => {
        throw new Error('broken');
      },
    ],
    ['later', () => Promise.reject(new Error('broken'))],
  ])('are all closed, even where one fails %s', async (_, fail) => {
    const closed: string[] = [];
    const services = open(
      provide(a, (scope) => {
        scope.onClose(() => void closed.push('a'));
        scope.onClose(fail);
        return 'a';
      }),
    );
    await services.get(a);
    await expect(services.close()).rejects.toThrow('broken');
    expect(closed).toEqual(['a']);
  });

  it('that are being made when the host closes are closed too; nothing is made afterwards', async () => {
    let isOpen = false;
    const services = open(
      provide(a, async (scope) => {
        await later();
        isOpen = true;
        scope.onClose(() => {
          isOpen = false;
        });
        return 'a';
      }),
      provide(b, () => 'b'),
    );
    const made = services.get(a);
    await services.close();
    expect([await made, isOpen]).toEqual(['a', false]);
    await expect(services.get(b)).rejects.toMatchObject({ code: 'TRS_KERNEL_CLOSED' });
  });

  it('may be asked for again after they could not be made', async () => {
    let tries = 0;
    const services = open(
      provide(a, () => {
        if (++tries < 2) throw new Error('locked');
        return 'a';
      }),
    );
    await expect(services.get(a)).rejects.toThrow('locked');
    expect(await services.get(a)).toBe('a');
  });

  it('that nobody provides are named, and who needs them', async () => {
    const services = open(provide(a, (scope) => scope.service(b)));
    await expect(services.get(c)).rejects.toMatchObject({
      code: 'TRS_KERNEL_SERVICE_MISSING',
      message: 'No plugin provides "test.c".',
    });
    await expect(services.get(a)).rejects.toMatchObject({
      code: 'TRS_KERNEL_SERVICE_MISSING',
      message: 'No plugin provides "test.b", which "test.a" needs.',
    });
  });

  describe('in a circle are an error, not a hang', () => {
    const circle = { code: 'TRS_KERNEL_SERVICE_CYCLE', message: expect.stringContaining(' → ') };

    it('one that needs itself', async () => {
      const services = open(provide(a, (scope) => scope.service(a)));
      await expect(services.get(a)).rejects.toMatchObject({
        ...circle,
        message: expect.stringContaining('test.a → test.a'),
      });
    });

    it('three, whichever is asked for', async () => {
      const services = open(
        provide(a, (scope) => scope.service(b)),
        provide(b, (scope) => scope.service(c)),
        provide(c, (scope) => scope.service(a)),
      );
      for (const each of [a, b, c]) await expect(services.get(each)).rejects.toMatchObject(circle);
    });

    it('two that are begun at the same moment', async () => {
      const services = open(
        provide(a, (scope) => scope.service(b)),
        provide(b, (scope) => scope.service(a)),
      );
      const outcomes = await Promise.allSettled([services.get(a), services.get(b)]);
      expect(outcomes).toMatchObject([
        { status: 'rejected', reason: circle },
        { status: 'rejected', reason: circle },
      ]);
    });

    it('two below one that asks for both at once', async () => {
      const services = open(
        provide(a, async (scope) => (await Promise.all([scope.service(b), scope.service(c)])).join()),
        provide(b, async (scope) => {
          await later();
          return await scope.service(c);
        }),
        provide(c, async (scope) => {
          await later();
          return await scope.service(b);
        }),
      );
      await expect(services.get(a)).rejects.toMatchObject(circle);
    });
  });

  it('that two others need are no circle', async () => {
    const services = open(
      provide(a, async (scope) => (await Promise.all([scope.service(b), scope.service(c)])).join()),
      provide(b, (scope) => scope.service(c)),
      provide(c, async () => {
        await later();
        return 'c';
      }),
    );
    expect(await services.get(a)).toBe('c,c');
  });
});
