/**
 * How the scripts of this folder give up: with sentences for the person at the terminal. Anything else that is thrown
 * is a bug and keeps its stack.
 */
import { existsSync, readFileSync } from "node:fs";

/** An expected end: the message says what, where and what to do, and is all that is shown. */
export class Failure extends Error {}

const TAIL_BYTES = 16 * 1024;

/** The last lines of a log file, indented, and where to read the rest. `fromByte` leaves out what an earlier process wrote. */
export function tailOf(file: string, lines = 15, fromByte = 0): string {
  if (!existsSync(file)) return `    (there is no ${file})`;
  const written = readFileSync(file).subarray(fromByte).subarray(-TAIL_BYTES).toString("utf8").trimEnd();
  const last = written.split("\n").slice(-lines);
  return [...last.map((line) => `    ${line.slice(0, 400)}`), `  The whole log: ${file}`].join("\n");
}

/** Runs a script to its end and turns how it ended into the exit status of this process. */
export function runScript(script: (argv: string[]) => Promise<number>): void {
  script(process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error: unknown) => {
      const text =
        error instanceof Failure ? `✗ ${error.message}` : error instanceof Error ? error.stack : String(error);
      process.stderr.write(`${text}\n`, () => process.exit(1));
    },
  );
}
