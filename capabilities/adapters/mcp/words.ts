/**
 * The sentences for the person with kubectl when a server cannot be reached: what happened, to what, what to do. Everything
 * a server said goes through redaction first; messages of thrown errors are never passed on, for they may quote a header.
 */
import type { McpTarget } from "./port";
import type { Ending } from "./program";
import { headOf, tailOf } from "./redaction";
import type { ProgramReport } from "./stdio-transport";
import type { Trouble } from "./trouble";
import { BAD_PORT } from "./trouble";

/** The longest piece of a server's own words, in characters. */
const WORDS = 300;
/** The longest tail of stderr that is shown, in characters. */
const LAST_WORDS = 1_000;

/** What was being done when the trouble came: it completes "did not …" and "while …". */
export type Stage = "connect" | "list" | "check" | "connected";

/** Why a program cannot be talked to. */
export function programTrouble(target: McpTarget, trouble: Trouble, report: ProgramReport, stage: Stage): string {
  const program = `The program "${target.command ?? ""}"`;
  const said = lastWords(target, report);
  if (report.ending?.kind === "NotStarted") return notStarted(target, report.ending.code);
  if (report.isOverlong) {
    return `${program} wrote a line of more than 16 MiB to its standard output, which no message may have, and was ended.${said}`;
  }
  const junk = junkIn(target, report);
  if (report.ending !== undefined)
    return `${program} ended ${howItEnded(report.ending)}${whenItEnded(stage)}.${junk}${said}`;
  if (trouble.isTimeout)
    return `${program} did not ${ask(stage)} within ${seconds(timeOf(target, stage))}.${junk}${said}`;
  if (trouble.refusal !== undefined) {
    return `${program} refused to ${deed(stage)}: "${headOf(trouble.refusal.message, target, WORDS)}".${junk}${said}`;
  }
  return `${program} speaks no version of MCP that is understood here.${junk}${said}`;
}

/** Why a server cannot be reached over HTTP. */
export function httpTrouble(target: McpTarget, trouble: Trouble, stage: Stage): string {
  const server = `The server at ${addressOf(target)}`;
  if (trouble.status !== undefined)
    return `${server} answered with HTTP ${trouble.status}${httpAdvice(target, trouble)}`;
  if (trouble.isTimeout) return `${server} did not ${ask(stage)} within ${seconds(timeOf(target, stage))}.`;
  if (trouble.refusal !== undefined) {
    return `${server} refused to ${deed(stage)}: "${headOf(trouble.refusal.message, target, WORDS)}".`;
  }
  if (trouble.code !== undefined) return socketTrouble(target, trouble.code);
  if (trouble.isClosed) return `${server} closed the connection.`;
  return `${server} speaks no version of MCP that is understood here. Check the path in spec.url.`;
}

/** The address without what may be secret in it. */
function addressOf({ url = "" }: McpTarget): string {
  const parsed = URL.parse(url);
  return parsed === null ? "an address that is none" : `${parsed.origin}${parsed.pathname}`;
}

/** What is wrong with the target itself, so that nothing need be tried. */
export function misconfigured(target: McpTarget): string | undefined {
  if (target.transport === "stdio")
    return target.command ? undefined : "spec.command is empty: give the program to start.";
  const url = URL.parse(target.url ?? "");
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return "spec.url is no address of HTTP: give one that begins with http:// or https://.";
  }
  if (url.username !== "" || url.password !== "") {
    return "spec.url holds a user name or a password: put them into a header, with the value from a Secret.";
  }
  const bad = Object.entries(target.headers ?? {}).find(([name, value]) => !isHeader(name, value));
  return bad && `The header "${bad[0]}" of spec.headers has a name or a value that HTTP cannot carry.`;
}

/** Milliseconds as people say them. */
export function seconds(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`;
}

/** How long one look at an idle server may take, milliseconds. */
export function checkTimeoutMs(target: McpTarget): number {
  return Math.min(target.timeoutMs, 10_000);
}

function timeOf(target: McpTarget, stage: Stage): number {
  return stage === "check" ? checkTimeoutMs(target) : target.timeoutMs;
}

function isHeader(name: string, value: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value.trim());
}

function notStarted({ command = "", args = [] }: McpTarget, code: string): string {
  const program = `The program "${command}"`;
  switch (code) {
    case "ENOENT":
      return command.includes("/")
        ? `${program} does not exist where the operator runs. Correct spec.command, or install it in the operator's image.`
        : `${program} was not found on the operator's PATH. Install it in the operator's image, or correct spec.command.`;
    case "EACCES":
      return `${program} may not be executed by the operator. Make it executable, or correct spec.command.`;
    case "E2BIG":
      return `${program} was not started: its ${args.length} arguments and its environment are too long together.`;
    default:
      return `${program} could not be started (${code}).`;
  }
}

function howItEnded(ending: Extract<Ending, { kind: "Exited" }>): string {
  if (ending.signal === "SIGKILL") return "by SIGKILL (perhaps for want of memory)";
  return ending.signal === null ? `with exit code ${ending.code ?? 0}` : `by ${ending.signal}`;
}

function whenItEnded(stage: Stage): string {
  return stage === "connect" || stage === "list" ? " before the connection was made" : "";
}

function junkIn(target: McpTarget, { junk }: ProgramReport): string {
  if (junk === undefined) return "";
  return ` On its standard output, where only MCP messages belong, it wrote "${headOf(junk, target, WORDS)}".`;
}

function lastWords(target: McpTarget, report: ProgramReport): string {
  const words = tailOf(report.lastWords, target, LAST_WORDS);
  return words === "" ? "" : ` It last said: "${words}"`;
}

function ask(stage: Stage): string {
  switch (stage) {
    case "connect":
      return "answer";
    case "list":
      return "give its list of tools";
    case "check":
    case "connected":
      return "answer a sign of life";
  }
}

function deed(stage: Stage): string {
  return stage === "list" ? "give its list of tools" : "connect";
}

function httpAdvice(target: McpTarget, trouble: Trouble): string {
  const { status = 0 } = trouble;
  const said = saidIn(target, trouble);
  if (status === 401 || status === 403) {
    return `${said}: it does not accept the credentials. Put valid ones into spec.headers, such as an Authorization header from a Secret.`;
  }
  if (status === 404 || status === 405)
    return `${said}: no MCP server is at this path. Check the path in spec.url; it often ends in /mcp.`;
  if (status >= 300 && status < 400)
    return `${said}: it redirects elsewhere, where headers must not follow. Put the final address into spec.url.`;
  return `${said}.`;
}

function saidIn(target: McpTarget, { body = "", refusal }: Trouble): string {
  const words = refusal?.message ?? (/^\s*</.test(body) ? "" : body);
  const shown = headOf(words, target, WORDS);
  return shown === "" ? "" : ` ("${shown}")`;
}

const UNRESOLVED = new Set(["ENOTFOUND", "EAI_AGAIN"]);
const UNREACHABLE = new Set(["UND_ERR_CONNECT_TIMEOUT", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"]);

function socketTrouble(target: McpTarget, code: string): string {
  const address = addressOf(target);
  if (code === "ECONNREFUSED") {
    return `The server at ${address} refuses connections. Check that it runs, and its port in spec.url.`;
  }
  if (code === BAD_PORT) return `The port of ${address} in spec.url is one that HTTP clients refuse. Use another.`;
  if (UNRESOLVED.has(code)) {
    const name = URL.parse(target.url ?? "")?.hostname ?? "";
    return `The name "${name}" in spec.url could not be resolved (${code}). Check it, and the cluster's DNS.`;
  }
  if (UNREACHABLE.has(code)) {
    return `The server at ${address} cannot be reached (${code}). Check its address in spec.url and the network policies in between.`;
  }
  if (/CERT|SSL|TLS|SIGNATURE/.test(code)) {
    return `The certificate of the server at ${address} is not accepted (${code}). Give it one that the operator trusts.`;
  }
  return `The connection to the server at ${address} broke (${code}).`;
}
