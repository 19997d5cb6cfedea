/**
 * The command line of the server: its options, its help, and its words at the start. It reads nothing but what it is given.
 */
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Places } from "../controlplane/options";
import { quote } from "../controlplane/shell";

/** How the program was started. */
export interface Settings {
  port: number;
  host: string;
  database: string;
  keyFile: string;
  webhook?: string;
}

export type Parsed =
  | { kind: "Run"; settings: Settings }
  | { kind: "Help"; text: string }
  | { kind: "Refused"; message: string };

const PORT = 8077;
const FLAGS: Record<string, { value: string; help: string }> = {
  port: { value: "N", help: `the port to listen on (default ${PORT}; 0: a free one)` },
  host: { value: "H", help: "the address to listen on (default 127.0.0.1)" },
  database: {
    value: "FILE",
    help: "the SQLite file with all questions and answers (default .kubechain/humanlayer.sqlite)",
  },
  "key-file": {
    value: "FILE",
    help: "where the key is, made when missing (default: humanlayer-key beside the database)",
  },
  webhook: { value: "URL", help: "an address that is told of every answer" },
};

/** What whoever starts and finds processes may add to say whose this one is; it means nothing here. */
const MARK = /^--(?:humanlayer-of|kubechain-[a-z-]+)(?:=.*)?$/;

/** What `--help` prints. */
export function help(): string {
  const rows = Object.entries(FLAGS).map(([name, { value, help }]) => `  ${`--${name} ${value}`.padEnd(17)} ${help}`);
  return [
    "npm run humanlayer -- [options]",
    "  A server with HumanLayer's API and a page on which people answer what agents ask.",
    "",
    ...rows,
    "",
    "  The key is taken from HUMANLAYER_API_KEY when that is set.",
  ].join("\n");
}

/** Reads a command line. A wrong one is `Refused` with a sentence that names the option. */
export function parseCommandLine(argv: string[], places: Places): Parsed {
  const options = Object.fromEntries(Object.keys(FLAGS).map((name) => [name, { type: "string" as const }]));
  const { tokens } = parseArgs({
    args: argv.filter((argument) => !MARK.test(argument)),
    options: { ...options, help: { type: "boolean", short: "h" } },
    strict: false,
    tokens: true,
  });
  const given: Record<string, string> = {};
  for (const token of tokens) {
    if (token.kind === "positional") return refused(`"${token.value}" is not an option`);
    if (token.kind !== "option") continue;
    if (token.name === "help") return { kind: "Help", text: help() };
    const flag = FLAGS[token.name];
    if (flag === undefined) return refused(`there is no option ${token.rawName}`);
    if (!token.value) return refused(`${token.rawName} needs a value: --${token.name} ${flag.value}`);
    given[token.name] = token.value;
  }
  const fault = faultIn(given);
  return fault === undefined ? { kind: "Run", settings: settingsFrom(given, places) } : refused(fault);
}

function faultIn({ port, webhook }: Record<string, string>): string | undefined {
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65535))
    return `--port must be a number from 0 to 65535, not "${port}"`;
  if (webhook !== undefined && !(URL.canParse(webhook) && /^https?:$/.test(new URL(webhook).protocol)))
    return "--webhook must be a URL like https://example.com/answers";
  return undefined;
}

function settingsFrom(given: Record<string, string>, { callerFolder, projectRoot }: Places): Settings {
  const { port, host, database, webhook } = given;
  const file =
    database === undefined ? join(projectRoot, ".kubechain", "humanlayer.sqlite") : resolve(callerFolder, database);
  const keyFile = given["key-file"];
  return {
    port: port === undefined ? PORT : Number(port),
    host: host ?? "127.0.0.1",
    database: file,
    keyFile: keyFile === undefined ? join(dirname(file), "humanlayer-key") : resolve(callerFolder, keyFile),
    ...(webhook === undefined ? {} : { webhook }),
  };
}

function refused(complaint: string): Parsed {
  const all = Object.keys(FLAGS).map((name) => `--${name}`);
  return { kind: "Refused", message: `humanlayer: ${complaint}. Its options: ${all.join(", ")}, --help.` };
}

/** Where the key came from. */
export type KeySource = "Environment" | "File" | "SharedFile" | "MadeFile";

/** What is printed at the start: where things are and what to do next, never the key. The last line says that it is ready. */
export function greeting(url: string, settings: Settings, source: KeySource): string {
  const { host, database, keyFile } = settings;
  const isOpen = !["127.0.0.1", "::1", "localhost"].includes(host);
  const key = source === "Environment" ? '"$HUMANLAYER_API_KEY"' : `"$(cat ${quote(keyFile)})"`;
  const place = {
    Environment: "taken from HUMANLAYER_API_KEY",
    File: `in ${keyFile}`,
    SharedFile: `in ${keyFile}`,
    MadeFile: `made, in ${keyFile} (only you can read it)`,
  }[source];
  return [
    `  page      ${url}  (people log in with the key)`,
    `  key       ${place}`,
    `  database  ${database}`,
    "",
    "  Tell the operator where it is, and give it the key:",
    `    export HUMANLAYER_API_BASE=${url}/humanlayer/v1`,
    `    kubectl create secret generic humanlayer --from-literal=HUMANLAYER_API_KEY=${key}`,
    "",
    ...(isOpen
      ? [
          "! It listens beyond this machine, and speaks HTTP: put a proxy with TLS in front, or the key can be overheard.",
          "",
        ]
      : []),
    ...(source === "SharedFile"
      ? [`! Others on this machine may read the key, and answer with it: chmod 600 ${quote(keyFile)}`, ""]
      : []),
    `HumanLayer-compatible server is ready on ${url}`,
    "",
  ].join("\n");
}
