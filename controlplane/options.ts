/**
 * The command lines of up, down, operator, quickstart and dev: one parser, one description per option, one help text.
 * It reads nothing but what it is given.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";

/** Every option that any of the scripts knows. */
export interface Options {
  state: string;
  /** Whether `--state` was given, as against the default. */
  isStateGiven: boolean;
  port?: number;
  /** Where provider `openai` goes; empty: forget the one that is remembered. */
  baseUrl?: string;
  model?: string;
  once: boolean;
  print: boolean;
  noOperator: boolean;
  deleteData: boolean;
}

type Flag = "state" | "port" | "base-url" | "model" | "once" | "print" | "no-operator" | "delete-data";

const FLAGS: Record<Flag, { type: "string" | "boolean"; value?: string; help: string }> = {
  state: {
    type: "string",
    value: "DIR",
    help: "the folder of this control plane: keys, data, logs (default .kubechain)",
  },
  port: {
    type: "string",
    value: "N",
    help: "the port of the API server on 127.0.0.1 (default: a free one, then always the same)",
  },
  "base-url": {
    type: "string",
    value: "URL",
    help: 'an OpenAI-compatible server for provider "openai"; remembered, "" forgets it',
  },
  model: {
    type: "string",
    value: "NAME",
    help: "the model to ask (default: the example's, or the first one the server lists)",
  },
  once: {
    type: "boolean",
    help: "take everything down after the answer; without --state in a folder that is deleted then",
  },
  print: { type: "boolean", help: "print the shell line that becomes the operator, instead of running it" },
  "no-operator": { type: "boolean", help: "start everything but the operator" },
  "delete-data": { type: "boolean", help: "also delete the folder: every object, key and log in it" },
};

/** A script as a user calls it. */
export interface Command {
  name: string;
  summary: string;
  flags: readonly Flag[];
}

/** What a command line was read as. */
export type Parsed =
  | { kind: "Run"; options: Options }
  | { kind: "Help"; text: string }
  | { kind: "Refused"; message: string };

/** Where relative paths start (the folder npm was called in) and where the default state lives (the checkout). */
export interface Places {
  callerFolder: string;
  projectRoot: string;
}

/** Reads a command line. A wrong one is `Refused` with a sentence that names the option. */
export function parseOptions(command: Command, argv: string[], places: Places): Parsed {
  const known = Object.fromEntries(command.flags.map((flag) => [flag, { type: FLAGS[flag].type }]));
  const { tokens } = parseArgs({
    args: argv,
    options: { ...known, help: { type: "boolean", short: "h" } },
    strict: false,
    tokens: true,
  });
  const given = new Map<string, string | undefined>();
  for (const token of tokens) {
    if (token.kind === "positional") return refused(command, `"${token.value}" is not an option`);
    if (token.kind === "option") {
      const complaint = complain(token.name, token.rawName, token.value, command);
      if (complaint !== undefined) return refused(command, complaint);
      given.set(token.name, token.value);
    }
  }
  if (given.has("help")) return { kind: "Help", text: helpFor(command) };
  return interpret(given, command, places);
}

function complain(name: string, rawName: string, value: string | undefined, command: Command): string | undefined {
  if (name === "help" || name === "h") return undefined;
  const flag = command.flags.find((candidate) => candidate === name);
  if (flag === undefined) return `there is no option ${rawName}`;
  const { type, value: placeholder } = FLAGS[flag];
  if (type === "string" && value === undefined) return `${rawName} needs a value: --${flag} ${placeholder ?? ""}`;
  if (type === "boolean" && value !== undefined) return `${rawName} takes no value`;
  return undefined;
}

function interpret(given: Map<string, string | undefined>, command: Command, places: Places): Parsed {
  const options: Options = {
    state: resolve(places.projectRoot, ".kubechain"),
    isStateGiven: given.has("state"),
    once: given.has("once"),
    print: given.has("print"),
    noOperator: given.has("no-operator"),
    deleteData: given.has("delete-data"),
  };
  const { state, port, model } = Object.fromEntries(given);
  const baseUrl = given.get("base-url");
  if (state === "") return refused(command, "--state needs a folder");
  if (state !== undefined) options.state = resolve(places.callerFolder, state);
  if (model !== undefined) options.model = model;
  if (port !== undefined) {
    if (!isPort(port)) return refused(command, `--port must be a number from 1024 to 65535, not "${port}"`);
    options.port = Number(port);
  }
  if (baseUrl !== undefined) {
    if (baseUrl !== "" && !isHttpUrl(baseUrl)) {
      return refused(command, `--base-url must be a URL like http://127.0.0.1:11434/v1, not "${baseUrl}"`);
    }
    options.baseUrl = baseUrl;
  }
  return { kind: "Run", options };
}

function isPort(text: string): boolean {
  return /^\d{4,5}$/.test(text) && Number(text) >= 1024 && Number(text) <= 65535;
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function refused(command: Command, complaint: string): Parsed {
  const all = command.flags.map((flag) => `--${flag}`).join(", ");
  return { kind: "Refused", message: `${command.name}: ${complaint}. Its options: ${all}, --help.` };
}

/** What `--help` prints. */
export function helpFor(command: Command): string {
  const rows = command.flags.map((flag) => {
    const { value, help } = FLAGS[flag];
    return `  ${`--${flag}${value === undefined ? "" : ` ${value}`}`.padEnd(17)} ${help}`;
  });
  return [`npm run ${command.name} -- [options]`, `  ${command.summary}`, "", ...rows].join("\n");
}
