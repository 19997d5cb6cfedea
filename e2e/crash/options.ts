/** The command line of the crash proof. Pure. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";

/** Promises that can be broken on purpose, to see the proof turn red; only a bundle built for that can. */
export const SABOTAGES = [
  "act-before-write",
  "repeat-lost-work",
  "trust-incomplete-list",
  "act-without-approval",
  "ask-twice",
] as const;
export type Sabotage = (typeof SABOTAGES)[number];

/** What is run. */
export interface CrashOptions {
  kills: number;
  /** Tasks that are unfinished at any time. */
  atOnce: number;
  /** The same moments and the same tasks again. */
  seed: number;
  sabotage?: Sabotage;
  /** The folder of a control plane on which runs take turns: it is started if it is not up, and stays up. */
  state?: string;
}

export type Parsed =
  | { kind: "Run"; options: CrashOptions }
  | { kind: "Help"; text: string }
  | { kind: "Refused"; message: string };

const FULL = { kills: 200, atOnce: 40 };
const QUICK = { kills: 20, atOnce: 20 };
/** Enough for each sabotage to show: its tasks are made so that nearly every kill hits something. */
const SABOTAGED = { kills: 4, atOnce: 8 };

/** Reads the command line; `chance` is the seed when none is given. */
export function parseOptions(argv: string[], chance: number): Parsed {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        kills: { type: "string" },
        tasks: { type: "string" },
        seed: { type: "string" },
        sabotage: { type: "string" },
        state: { type: "string" },
        quick: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return { kind: "Help", text: HELP };
    const sabotage = SABOTAGES.find((name) => name === values.sabotage);
    if (values.sabotage !== undefined && !sabotage) return refused(`there is no sabotage "${values.sabotage}"`);
    const usual = sabotage ? SABOTAGED : values.quick ? QUICK : FULL;
    const numbers = {
      kills: numberIn(values.kills, usual.kills),
      atOnce: numberIn(values.tasks, usual.atOnce),
      seed: numberIn(values.seed, chance),
    };
    const wrong = Object.entries(numbers).find(([, value]) => !Number.isSafeInteger(value) || value < 0);
    if (wrong) return refused("--kills, --tasks and --seed take whole numbers");
    return { kind: "Run", options: { ...numbers, ...(sabotage && { sabotage }), ...stateIn(values.state) } };
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
}

const numberIn = (given: string | undefined, usual: number): number => (given === undefined ? usual : Number(given));

const stateIn = (given: string | undefined): Pick<CrashOptions, "state"> =>
  given === undefined ? {} : { state: resolve(given) };

function refused(complaint: string): Parsed {
  return { kind: "Refused", message: `crash: ${complaint}. Its options are listed by --help.` };
}

const HELP = `npm run crash -- [options]
  Kills the operator again and again while agents use tools and people are asked, and checks from outside that nothing was
  lost, nothing unsafe was done twice, nothing was done without the approval that it needs, and nobody was asked twice.
  Takes about 10 minutes; the last line must be zeros where zeros are promised.

  --kills N        how often it is killed (${FULL.kills})
  --tasks N        how many tasks are unfinished at any time (${FULL.atOnce})
  --seed N         the same moments and tasks as in the run that printed this seed
  --state DIR      on the control plane in this folder, which is started if need be and left running; one run at a time
  --quick          ${QUICK.kills} kills, ${QUICK.atOnce} tasks at once
  --sabotage NAME  runs an operator that breaks a promise on purpose, which must end red:
                   ${SABOTAGES.join(", ")}`;
