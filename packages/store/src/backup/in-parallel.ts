/** So many are under way at once: most are small, and each waits for the disk or the other side. */
const AT_ONCE = 8;

/** Does work for each of many, some at a time, and ends with the first failure. */
export async function inParallel<T>(
  items: AsyncIterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const all = items[Symbol.asyncIterator]();
  let failed: { readonly thrown: unknown } | undefined;
  const one = async (): Promise<void> => {
    while (!failed) {
      const next = await all.next();
      if (next.done) return;
      await work(next.value);
    }
  };
  await Promise.all(
    Array.from({ length: AT_ONCE }, () =>
      one().catch((thrown: unknown) => {
        failed ??= { thrown };
      }),
    ),
  );
  if (failed) throw failed.thrown;
}
