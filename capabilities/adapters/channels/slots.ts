/** So many at a time: whoever comes when all places are taken waits in line. Owns the line and nothing else. */

export class Slots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(size: number) {
    this.#free = size;
  }

  /** Runs `work` when there is a place. `isUrgent`: before all who wait. */
  async run<T>(work: () => Promise<T>, isUrgent: boolean): Promise<T> {
    if (this.#free > 0) this.#free--;
    else
      await new Promise<void>(
        (resolve) => void (isUrgent ? this.#waiting.unshift(resolve) : this.#waiting.push(resolve)),
      );
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
