/**
 * A stream of bytes cut into lines. Owns the bytes of the line that is not complete yet, and bounds them; it never looks
 * into a line.
 */

const NEW_LINE = 0x0a;

/** Collects chunks and hands out complete lines. */
export class Lines {
  readonly #limit: number;
  #parts: Buffer[] = [];
  #size = 0;

  /** `limit`: the longest line that is held, in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The lines that `chunk` completes, without their ends. Undefined when a line is too long: nothing more will be read. */
  push(chunk: Buffer): string[] | undefined {
    const lines: string[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEW_LINE); end >= 0; end = chunk.indexOf(NEW_LINE, from)) {
      this.#keep(chunk.subarray(from, end));
      if (this.#size > this.#limit) return undefined;
      lines.push(this.#take());
      from = end + 1;
    }
    this.#keep(chunk.subarray(from));
    return this.#size > this.#limit ? undefined : lines;
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return;
    this.#parts.push(part);
    this.#size += part.length;
  }

  #take(): string {
    const line = Buffer.concat(this.#parts, this.#size).toString("utf8");
    this.#parts = [];
    this.#size = 0;
    return line.endsWith("\r") ? line.slice(0, -1) : line;
  }
}
