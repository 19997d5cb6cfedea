/**
 * The promise, held against the evidence. Each check lists what breaks it, in a sentence that says where to look; none
 * trusts what the operator says about itself where somebody else saw it. Pure.
 */
import type { Json } from "../../capabilities/testing/model-server-http";
import { objectsIn } from "../../capabilities/testing/model-server-http";
import type { Effect } from "../../capabilities/testing/tool-server";
import type { ToolCall } from "../../crds/index";
import type { Asked, Ended, Evidence, Life, Said, Seen } from "./evidence";
import { groupedBy, textOf } from "./evidence";
import { RECORDED, UNSAFE, wordsIn } from "./plan";
import type { PeopleVerdict } from "./verdict-people";
import { isWordOfPeople, judgePeople, repeatsAllowed } from "./verdict-people";

/** What breaks each promise: all lists are empty when all are kept. */
export interface Verdict extends PeopleVerdict {
  /** Tasks that did not end, or ended without the answer that the model gave. */
  lost: string[];
  /** Unsafe calls that were executed more often than once and as often as people said that they be run again. */
  twice: string[];
  /** Conversations that no provider would take, that changed their past, or that show a call another result than it had. */
  broken: string[];
  /** Calls of unknown outcome that were not in flight when the process that held them was killed. */
  unexplained: string[];
}

/** Timestamps of objects have whole seconds. */
const SECOND_MS = 1_000;

/** Judges a run. */
export function judge(evidence: Evidence): Verdict {
  const effects = groupedBy(evidence.effects, textOf);
  const asked = groupedBy(evidence.asked, ({ question }) => question);
  return {
    lost: [
      ...evidence.unfinished.map((name) => `${name} has not ended`),
      ...evidence.ended.flatMap((one) => lostIn(one)),
    ],
    twice: [...effects].flatMap(([text, own]) => twiceIn(text, own, evidence.said)),
    broken: evidence.ended.flatMap((one) => [
      ...brokenIn(one.plan.name, asked.get(one.plan.userMessage) ?? []),
      ...differencesIn(one, asked.get(one.plan.userMessage)?.at(-1), { effects, said: evidence.said }),
    ]),
    unexplained: [
      ...evidence.ended.flatMap(({ toolCalls }) => unexplainedIn(toolCalls, evidence.lives)),
      ...evidence.seen.flatMap((question) => unexplainedQuestion(question, evidence.lives)),
    ],
    ...judgePeople(evidence),
  };
}

/** Calls whose outcome nobody knows. */
export function isUnknown({ status }: ToolCall): boolean {
  return status?.status === "OutcomeUnknown";
}

const begun = (effects: Effect[]): Effect[] => effects.filter(({ moment }) => moment === "begin");

function lostIn({ plan, status }: Ended): string[] {
  if (status.phase !== "FinalAnswer")
    return [`${plan.name} ended as ${status.phase ?? "nothing"}: ${status.error ?? ""}`];
  return status.output === plan.output ? [] : [`${plan.name} answered ${JSON.stringify(status.output)}`];
}

/** Every execution after the first one wants a person's word that was said before it began. */
function twiceIn(text: string, effects: Effect[], said: Said[]): string[] {
  const unsafe = begun(effects).filter(({ tool }) => UNSAFE.includes(tool));
  const isAllowed = unsafe.every(({ at }, before) => before <= repeatsAllowed(said, text, Date.parse(at)));
  if (text === "" || isAllowed) return [];
  return [`${text} ran ${unsafe.length} times: ${unsafe.map(({ at, key = "no key" }) => `${at} (${key})`).join(", ")}`];
}

/** Every request is legal, and each is the one before it with more at its end. */
function brokenIn(name: string, asked: Asked[]): string[] {
  const faults = asked.flatMap(({ messages }) => illegalIn(messages));
  const rewritten = asked.slice(1).filter(({ messages }, i) => !isContinued(asked[i]?.messages ?? [], messages));
  return [
    ...faults.map((fault) => `${name}: ${fault}`),
    ...rewritten.map(({ messages }) => `${name}: the past has changed in a request of ${messages.length} messages`),
  ];
}

function isContinued(before: Json[], now: Json[]): boolean {
  return JSON.stringify(now.slice(0, before.length)) === JSON.stringify(before);
}

/** The rule of Chat Completions: after the calls of an assistant, one result for each, before anything else; no others. */
function illegalIn(messages: Json[]): string[] {
  const faults: string[] = [];
  let open: string[] = [];
  const close = (): void => {
    faults.push(...open.map((id) => `call ${id} has no result`));
  };
  for (const message of messages) {
    if (message["role"] === "tool") {
      const id = String(message["tool_call_id"]);
      if (!open.includes(id)) faults.push(`a result for ${id}, which nobody waits for`);
      open = open.filter((other) => other !== id);
    } else {
      close();
      open = objectsIn(message["tool_calls"]).map(({ id }) => String(id));
    }
  }
  close();
  return faults;
}

interface Shown {
  id: string;
  tool: string;
  text: string;
  result: string;
}

/** The calls of a conversation with what the model was told about them. */
function shownIn(messages: Json[]): Shown[] {
  const results = new Map(messages.map((message) => [String(message["tool_call_id"]), String(message["content"])]));
  return messages.flatMap((message) =>
    objectsIn(message["tool_calls"]).map(({ id, function: fn }) => {
      const { name, arguments: args } = fn as { name: string; arguments: string };
      const text = wordsIn(JSON.parse(args) as { text?: string; message?: string });
      return { id: String(id), tool: name, text, result: results.get(String(id)) ?? "" };
    }),
  );
}

/** Those from whom results come: the tool servers, by words, and people. */
interface Sources {
  effects: Map<string, Effect[]>;
  said: Said[];
}

/** The last request holds every call that was planned, each with the result that its ToolCall and its source know of. */
function differencesIn({ plan, toolCalls }: Ended, last: Asked | undefined, sources: Sources): string[] {
  const planned = plan.turns.flat();
  const shown = shownIn(last?.messages ?? []);
  const same =
    shown.length === planned.length && planned.every((call, i) => wordsIn(call.arguments) === shown[i]?.text);
  if (!same) return [`${plan.name}: ${planned.length} calls were planned, and the model was shown ${shown.length}`];
  if (toolCalls.length !== planned.length)
    return [`${plan.name}: ${planned.length} calls, but ${toolCalls.length} ToolCalls`];
  return shown.flatMap((call) => {
    const object = toolCalls.find(({ spec }) => spec.toolCallId === call.id);
    const fault = object ? faultOf(call, object, sources) : "there is no ToolCall";
    return fault === undefined ? [] : [`${plan.name}: call ${call.id} (${call.tool} ${call.text}): ${fault}`];
  });
}

function faultOf({ tool, text, result }: Shown, { status }: ToolCall, sources: Sources): string | undefined {
  if (status?.result !== result)
    return `the model was told ${JSON.stringify(result)}, and recorded is ${JSON.stringify(status?.result)}`;
  const name = tool.split("__")[1] ?? "";
  if (status.phase !== "Succeeded" || !RECORDED.includes(name)) return undefined;
  const own = sources.effects.get(text) ?? [];
  const receipts = own.flatMap(({ moment, receipt }) => (moment === "end" && receipt ? [receipt] : []));
  const isGiven =
    receipts.some((receipt) => result.endsWith(` ${receipt}`)) || isWordOfPeople(result, sources.said, text);
  return isGiven ? undefined : `no server and nobody has given ${result}`;
}

/** An unknown outcome is the fault of a kill: the holder was killed after the call had begun, and nobody took it over. */
function unexplainedIn(toolCalls: ToolCall[], lives: Life[]): string[] {
  return toolCalls.filter(isUnknown).flatMap(({ metadata, status }) => {
    const { holder = "", startTime = "" } = status ?? {};
    const life = lives.find(({ pid }) => isHeldBy(holder, pid));
    if (life?.killedAtMs === undefined)
      return [`${metadata.name} is held by ${holder || "nobody"}, which was not killed`];
    const { startedAtMs, killedAtMs } = life;
    const beganAtMs = Date.parse(startTime);
    if (beganAtMs <= killedAtMs && beganAtMs + SECOND_MS >= startedAtMs) return [];
    return [
      `${metadata.name} began at ${startTime}, and ${holder} was killed at ${new Date(killedAtMs).toISOString()}`,
    ];
  });
}

/** What has become of a call is asked after whoever held it was killed. */
function unexplainedQuestion({ kind, name, holder = "", askedAtMs }: Seen, lives: Life[]): string[] {
  if (kind !== "Outcome") return [];
  const killedAtMs = lives.find(({ pid }) => isHeldBy(holder, pid))?.killedAtMs;
  if (killedAtMs !== undefined && askedAtMs >= killedAtMs) return [];
  const when = killedAtMs === undefined ? "was not killed" : `was killed at ${new Date(killedAtMs).toISOString()}`;
  return [`${name} was asked about at ${new Date(askedAtMs).toISOString()}, and ${holder || "nobody"} ${when}`];
}

/** A holder is `<host>/<process id>-<something that no other process has>`. */
function isHeldBy(holder: string, pid: number): boolean {
  return /\/(\d+)(?:-|$)/.exec(holder)?.[1] === String(pid);
}
