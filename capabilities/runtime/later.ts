/** The moment `ms` milliseconds after another one. Pure: of the clock's own time, `after` in clock.ts says it. */
export function later(when: Date, ms: number): Date {
  return new Date(when.getTime() + ms);
}
