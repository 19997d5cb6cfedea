/** What every script does with its command line before it does anything else. */
import { Failure } from "./failure";
import type { Command, Options } from "./options";
import { parseOptions } from "./options";
import { projectRoot } from "./project";

/** The options, or undefined when help was asked for and has been printed. A wrong command line is a `Failure`. */
export function readOptions(command: Command, argv: string[]): Options | undefined {
  // npm changes to the checkout and remembers where it was called.
  const callerFolder = process.env["INIT_CWD"] ?? process.cwd();
  const parsed = parseOptions(command, argv, { callerFolder, projectRoot: projectRoot() });
  switch (parsed.kind) {
    case "Run":
      return parsed.options;
    case "Help":
      console.log(parsed.text);
      return undefined;
    case "Refused":
      throw new Failure(parsed.message);
  }
}
