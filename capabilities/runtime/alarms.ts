// Wake-ups: at most one per key, all on one timer. Owns a binary heap that knows where each key sits, so that moving or
// forgetting a wake-up costs O(log n) and nothing dead stays in memory. Never runs anything but the callback it was given.
import type { Clock } from "./clock";
import type { Key } from "./objects";

interface Alarm {
  key: Key;
  /** Milliseconds since the epoch. */
  due: number;
}

/** Wake-ups by key. */
export class Alarms {
  readonly #heap: Alarm[] = [];
  readonly #places = new Map<Key, number>();
  readonly #clock: Clock;
  readonly #ring: (key: Key) => void;
  #armedFor: number | undefined;
  #disarm: () => void = () => undefined;

  /** `ring` is called once for every alarm that is due, in order of time. */
  constructor(clock: Clock, ring: (key: Key) => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** When the key will be rung, if it will. */
  dueOf(key: Key): Date | undefined {
    const place = this.#places.get(key);
    const alarm = place === undefined ? undefined : this.#heap[place];
    return alarm === undefined ? undefined : new Date(alarm.due);
  }

  /** Asks for a ring at `when`. Of two wishes for one key the earlier wins: a ring too many is harmless, a missed one is not. */
  set(key: Key, when: Date): void {
    const due = when.getTime();
    const place = this.#places.get(key);
    if (place === undefined) {
      this.#heap.push({ key, due });
      this.#places.set(key, this.#heap.length - 1);
      this.#rise(this.#heap.length - 1);
    } else {
      const alarm = this.#heap[place];
      if (alarm === undefined || alarm.due <= due) return;
      alarm.due = due;
      this.#rise(place);
    }
    this.#arm();
  }

  /** Forgets the key's ring. */
  cancel(key: Key): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#removeAt(place);
    this.#arm();
  }

  /** Forgets everything. */
  clear(): void {
    this.#heap.length = 0;
    this.#places.clear();
    this.#arm();
  }

  #arm(): void {
    const next = this.#heap[0]?.due;
    if (next === this.#armedFor) return;
    this.#disarm();
    this.#armedFor = next;
    this.#disarm = next === undefined ? () => undefined : this.#clock.at(new Date(next), () => this.#fire());
  }

  #fire(): void {
    this.#armedFor = undefined;
    this.#disarm = () => undefined;
    const now = this.#clock.now().getTime();
    for (let first = this.#heap[0]; first !== undefined && first.due <= now; first = this.#heap[0]) {
      this.#removeAt(0);
      this.#ring(first.key);
    }
    this.#arm();
  }

  #removeAt(place: number): void {
    const removed = this.#heap[place];
    const last = this.#heap.pop();
    if (removed !== undefined) this.#places.delete(removed.key);
    if (last === undefined || last === removed) return;
    this.#place(last, place);
    this.#rise(place);
    this.#sink(this.#places.get(last.key) ?? place);
  }

  #place(alarm: Alarm, place: number): void {
    this.#heap[place] = alarm;
    this.#places.set(alarm.key, place);
  }

  #rise(from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#swapIfEarlier(place, parent)) return;
      place = parent;
    }
  }

  #sink(from: number): void {
    let place = from;
    for (;;) {
      const left = 2 * place + 1;
      const right = left + 1;
      const child = this.#dueAt(right) < this.#dueAt(left) ? right : left;
      if (child >= this.#heap.length || !this.#swapIfEarlier(child, place)) return;
      place = child;
    }
  }

  #dueAt(place: number): number {
    return this.#heap[place]?.due ?? Infinity;
  }

  #swapIfEarlier(lower: number, upper: number): boolean {
    const below = this.#heap[lower];
    const above = this.#heap[upper];
    if (below === undefined || above === undefined || below.due >= above.due) return false;
    this.#place(below, upper);
    this.#place(above, lower);
    return true;
  }
}
