// Background work in lanes: jobs of one lane run one after the other, a few lanes at once, and only so many jobs may wait. Owns
// order and bounds; what a job does is a function it is given, and that function must not reject.

/** How much is done at once, and by whom. */
export interface LaneOptions<Job> {
  /** Lanes that work at the same time. */
  concurrency: number;
  /** Jobs that may wait; beyond it those that waited longest are dropped. */
  capacity: number;
  run: (job: Job) => Promise<void>;
  dropped: (job: Job) => void;
  /** Called when jobs begin to be dropped, and again only after the backlog has halved in between. */
  overflowing: () => void;
}

/** Jobs, each in its lane. */
export class Lanes<Job> {
  readonly #options: LaneOptions<Job>;
  /** Lanes nobody works on at the moment, longest waiting first. */
  readonly #waiting = new Map<string, Job[]>();
  readonly #busy = new Map<string, Job[]>();
  #backlog = 0;
  #isOverflowing = false;
  #onEmpty: (() => void)[] = [];

  constructor(options: LaneOptions<Job>) {
    this.#options = options;
  }

  /** Jobs that have not begun. */
  get backlog(): number {
    return this.#backlog;
  }

  /** Adds a job to the end of its lane. */
  add(lane: string, job: Job): void {
    const jobs = this.#busy.get(lane) ?? this.#waiting.get(lane);
    if (jobs === undefined) this.#waiting.set(lane, [job]);
    else jobs.push(job);
    this.#backlog++;
    if (this.#backlog > this.#options.capacity) this.#dropOne();
    this.#pump();
  }

  /** Resolves when nothing waits and nothing runs. */
  empty(): Promise<void> {
    if (this.#isEmpty()) return Promise.resolve();
    return new Promise((resolve) => void this.#onEmpty.push(resolve));
  }

  #dropOne(): void {
    if (!this.#isOverflowing) this.#options.overflowing();
    this.#isOverflowing = true;
    const [lane, jobs] = this.#firstWithJobs();
    const job = jobs?.shift();
    if (lane === undefined || job === undefined) return;
    if (jobs?.length === 0) this.#waiting.delete(lane);
    this.#backlog--;
    this.#options.dropped(job);
  }

  #firstWithJobs(): [string, Job[]] | [undefined, undefined] {
    for (const lanes of [this.#waiting, this.#busy])
      for (const [lane, jobs] of lanes) if (jobs.length > 0) return [lane, jobs];
    return [undefined, undefined];
  }

  #pump(): void {
    while (this.#busy.size < this.#options.concurrency) {
      const next = this.#waiting.entries().next().value;
      if (next === undefined) return;
      const [lane, jobs] = next;
      this.#waiting.delete(lane);
      this.#busy.set(lane, jobs);
      void this.#workOnce(lane, jobs);
    }
  }

  /** One job, then the other lanes' turn. */
  async #workOnce(lane: string, jobs: Job[]): Promise<void> {
    const job = jobs.shift();
    if (job !== undefined) {
      this.#backlog--;
      if (this.#backlog * 2 < this.#options.capacity) this.#isOverflowing = false;
      await this.#options.run(job);
    }
    this.#busy.delete(lane);
    if (jobs.length > 0) this.#waiting.set(lane, jobs);
    this.#pump();
    if (!this.#isEmpty()) return;
    const tell = this.#onEmpty;
    this.#onEmpty = [];
    for (const resolve of tell) resolve();
  }

  #isEmpty(): boolean {
    return this.#backlog === 0 && this.#busy.size === 0;
  }
}
