/**
 * What a person sees while something takes long: one line per step, with the elapsed time while it runs on a terminal,
 * and only its start and its end elsewhere. It decides nothing.
 */

/** Where lines go; `process.stdout` and `process.stderr` are such. */
export interface Screen {
  write(text: string): unknown;
  isTTY?: boolean;
}

/** Lets a running step say how far it is, in a few words. */
export type Report = (detail: string) => void;

/** Where steps are shown. */
export interface Progress {
  /** Shows `title` while `work` runs. The step's end shows the time it took and, if given, what `work` returned as `note`. */
  step<T>(title: string, work: (report: Report) => Promise<T>, note?: (result: T) => string): Promise<T>;
  /** A line of its own. */
  say(line: string): void;
}

const SHORT_MS = 300;
const TICK_MS = 1000;
/** Back to the start of the line, and nothing on it. */
const WIPE = "\r\x1b[K";

/** Progress on one screen. */
export function showProgress(screen: Screen): Progress {
  const onTerminal = screen.isTTY === true;
  // A running step's line is shown again with its next tick.
  const say = (line: string): void => void screen.write(`${onTerminal ? WIPE : ""}${line}\n`);

  async function step<T>(
    title: string,
    work: (report: Report) => Promise<T>,
    note?: (result: T) => string,
  ): Promise<T> {
    const begun = Date.now();
    let detail = "";
    const show = (): void => {
      const more = detail === "" ? "" : `, ${detail}`;
      screen.write(`${WIPE}▸ ${title} … ${elapsed(Date.now() - begun)}${more}`);
    };
    if (onTerminal) screen.write(`▸ ${title} …`);
    // Elsewhere a step that is over at once needs no line for its start.
    const announcing = onTerminal ? undefined : setTimeout(() => say(`▸ ${title}`), SHORT_MS);
    const ticking = onTerminal ? setInterval(show, TICK_MS) : undefined;
    try {
      const result = await work((words) => (detail = words));
      const more = note === undefined ? "" : note(result);
      say(`✓ ${title}${more === "" ? "" : `: ${more}`}${tookLong(Date.now() - begun)}`);
      return result;
    } catch (error) {
      say(`✗ ${title}${tookLong(Date.now() - begun)}`);
      throw error;
    } finally {
      clearTimeout(announcing);
      clearInterval(ticking);
    }
  }

  return { step, say };
}

/** "42 s" or "4 min 21 s". */
export function elapsed(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function tookLong(ms: number): string {
  return ms < TICK_MS ? "" : ` (${elapsed(ms)})`;
}

/** No progress at all, for tests and benches. */
export const SILENT: Progress = { step: (_title, work) => work(() => undefined), say: () => undefined };
