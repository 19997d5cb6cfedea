// Waiting at start-up until the watch's first list has arrived, by counting. Owns the patience; what to do when it runs out is
// for resync.ts to say.
import { after, pause, type Clock } from "./clock";
import type { Store } from "./store";
import type { ClusterObject } from "./objects";

/** Between two counts, and how long the watch's first list may take. */
const COUNT_EVERY_MS = 1_000;
const PATIENCE_MS = 15_000;

/** Waits until the store holds at least as many objects as `count` says there are; false when that takes too long. */
export async function catchUp<T extends ClusterObject>(
  store: Store<T>,
  clock: Clock,
  count: () => Promise<number | undefined>,
): Promise<boolean> {
  const deadline = clock.now().getTime() + PATIENCE_MS;
  while (clock.now().getTime() < deadline) {
    const wanted = await count();
    if (wanted === undefined) await pause(clock, COUNT_EVERY_MS);
    else if (await reaches(store, clock, wanted)) return true;
  }
  return false;
}

/** Waits until the store holds `count` objects, or until it is time to count again. */
function reaches<T extends ClusterObject>(store: Store<T>, clock: Clock, count: number): Promise<boolean> {
  if (store.size >= count) return Promise.resolve(true);
  return new Promise((resolve) => {
    const end = (hasReached: boolean): void => {
      cancel();
      unsubscribe();
      resolve(hasReached);
    };
    const cancel = clock.at(after(clock, COUNT_EVERY_MS), () => end(false));
    const unsubscribe = store.subscribe(() => {
      if (store.size >= count) end(true);
    });
  });
}
