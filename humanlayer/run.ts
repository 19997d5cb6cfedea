/**
 * `npm run humanlayer`: the HumanLayer-compatible server as a program. It sees to the key, says where everything is, and ends
 * in order on SIGTERM or Ctrl-C.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Failure, runScript } from "../controlplane/failure";
import { projectRoot } from "../controlplane/project";
import type { KeySource, Settings } from "./command-line";
import { greeting, parseCommandLine } from "./command-line";
import { faultInKey, makeKey } from "./key";
import type { HumanLayerServer } from "./server";
import { startHumanLayer } from "./server";
import { NotOurs } from "./store";

async function humanlayer(argv: string[]): Promise<number> {
  // npm changes to the checkout and remembers where it was called.
  const callerFolder = process.env["INIT_CWD"] ?? process.cwd();
  const parsed = parseCommandLine(argv, { callerFolder, projectRoot: projectRoot() });
  if (parsed.kind === "Refused") throw new Failure(parsed.message);
  if (parsed.kind === "Help") {
    process.stdout.write(`${parsed.text}\n`);
    return 0;
  }
  const ended = firstSignal();
  const { key, source } = keyFor(parsed.settings);
  const server = await start(parsed.settings, key);
  process.stdout.write(greeting(server.url, parsed.settings, source));
  await ended;
  await server.close();
  return 0;
}

function firstSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => resolve());
  });
}

/** The key of the environment, else that of the file, else a new one in that file. */
function keyFor({ keyFile }: Settings): { key: string; source: KeySource } {
  const given = process.env["HUMANLAYER_API_KEY"];
  if (given) return { key: sound(given, "HUMANLAYER_API_KEY"), source: "Environment" };
  if (existsSync(keyFile)) return keyIn(keyFile);
  const key = makeKey();
  try {
    mkdirSync(dirname(keyFile), { recursive: true, mode: 0o700 });
    writeFileSync(keyFile, `${key}\n`, { mode: 0o600, flag: "wx" });
    chmodSync(keyFile, 0o600);
  } catch (error) {
    throw new Failure(
      `The key cannot be written to ${keyFile} (${codeOf(error)}). Name another place with --key-file.`,
    );
  }
  return { key, source: "MadeFile" };
}

function keyIn(keyFile: string): { key: string; source: KeySource } {
  try {
    const key = sound(readFileSync(keyFile, "utf8").trim(), keyFile);
    return { key, source: (statSync(keyFile).mode & 0o077) === 0 ? "File" : "SharedFile" };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`The key cannot be read from ${keyFile} (${codeOf(error)}). Name another file with --key-file.`);
  }
}

function sound(key: string, where: string): string {
  const fault = faultInKey(key);
  if (fault !== undefined) throw new Failure(`The key in ${where} cannot be used: ${fault}.`);
  return key;
}

async function start(settings: Settings, key: string): Promise<HumanLayerServer> {
  const { port, host, database, webhook } = settings;
  const log = (line: string): void => void process.stderr.write(`humanlayer: ${line}\n`);
  try {
    return await startHumanLayer({ port, host, database, key, log, ...(webhook === undefined ? {} : { webhook }) });
  } catch (error) {
    throw explained(error, settings);
  }
}

/** What went wrong, for whoever typed the command. */
function explained(error: unknown, { port, host, database }: Settings): Failure {
  if (error instanceof NotOurs) return new Failure(error.message);
  const said = error instanceof Error ? error.message : String(error);
  switch (codeOf(error)) {
    case "EADDRINUSE":
      return new Failure(`Port ${port} is taken. Is this server running already? Choose another port with --port.`);
    case "EACCES":
      return new Failure(`${host}:${port} or ${database} is not allowed for this user (${said}).`);
    case "ENOTFOUND":
    case "EADDRNOTAVAIL":
      return new Failure(`${host} is no address of this machine. Choose another one with --host.`);
    default:
      return new Failure(`${database} cannot be used: ${said}. Name another file with --database.`);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
}

runScript(humanlayer);
