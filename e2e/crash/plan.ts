/**
 * What the tasks of the crash proof ask for, thrown by seeded dice: up to three turns of tool calls, some together, some
 * slow, some failing, some impossible, some only if a person agrees, some that ask a person. Every call has words of its
 * own, by which it is found again on the tool servers and in what people are asked. Pure.
 */
import type { Sabotage } from "./options";

/** A call the model will ask for. The words are `text` for a tool of a server, and `message` for a person. */
export interface PlannedCall {
  /** As the model sees it. */
  tool: string;
  arguments: { text?: string; delayMs?: number; message?: string };
}

/** A task and what must come of it. */
export interface Plan {
  name: string;
  agent: (typeof AGENTS)[number];
  /** Its final answer is told to people over the channel "mail". */
  tells: boolean;
  userMessage: string;
  turns: PlannedCall[][];
  output: string;
}

/** "helper" knows no people: where a server has no channel, nobody is asked what has become of a call. "asker" has both channels. */
export const AGENTS = ["helper", "asker"] as const;

/** The ContactChannels: kubectl alone, and email over the HumanLayer-compatible server. */
export const CHANNELS = { people: "kubernetes", mail: "email" } as const;
export type ChannelName = keyof typeof CHANNELS;

/** The MCPServers whose tools run at once. */
export const FREE_SERVERS = ["local", "remote"] as const;
/** The MCPServers whose tools run if somebody agrees, and over which channel that is asked. */
export const ASKING_SERVERS = { guarded: "people", mailed: "mail" } as const satisfies Record<string, ChannelName>;

/** The tools by which the model asks a person. */
const PERSON_TOOLS = ["people__human_contact", "mail__human_contact_email"];

/** Tools that must never run twice: neither says that it may be repeated. */
export const UNSAFE = ["append", "fail"];
/** Tools whose answers have a receipt. */
export const RECORDED = ["append", "lookup", "put"];

/** What a throw of the dice below each number means. */
const CHANCES: [below: number, tool: string, delayMs: number][] = [
  [0.3, "append", 0],
  [0.5, "append", 400],
  [0.6, "append", 1_500],
  [0.75, "lookup", 300],
  [0.88, "put", 300],
  [0.95, "fail", 0],
  // Nobody offers it: the model is told so.
  [1, "guess", 0],
];

/** The share of turns in which the model fails first. */
const STUMBLES = 0.1;
/** Of tasks whose agent may ask people, of their calls that do, and of tasks whose answer is told. */
const ASKERS = 0.3;
const QUESTIONS = 0.25;
const TELLERS = 0.15;
/** Of calls that somebody has to agree to, and of what people are asked to that they do not agree to. */
const APPROVALS = 0.3;
const REFUSALS = 0.25;

/** In the words of what people shall refuse. */
const REFUSED = "reject";

/** A task for the crash proof. */
export function planTask(name: string, random: () => number, sabotage?: Sabotage): Plan {
  const agent = !sabotage && random() < ASKERS ? "asker" : "helper";
  const tells = !sabotage && random() < TELLERS;
  const turns = sabotage ? revealing(name, random, sabotage) : anything(name, agent, random);
  const output = `Done with ${name}.`;
  const said = turns.map((calls) => `${stumble(random)}${calls.map(directive).join("")}[then]`);
  const userMessage = `${name}: ${said.join("")}[latency:${below(300, random)}][say:${output}]`;
  return { name, agent, tells, userMessage, turns, output };
}

/** The words of a call; its arguments are as the model gives them, which is any JSON. */
export function wordsIn(args: { text?: unknown; message?: unknown }): string {
  const words = args.text ?? args.message;
  return typeof words === "string" ? words : "";
}

/** The words of the call that a question to people is about; undefined when it is about none. */
export function wordsFoundIn(question: string): string | undefined {
  return /t-\d+\/\d+\/\d+(\/[a-z]+)?/.exec(question)?.[0];
}

/** Whether people refuse what has these words. */
export function isToBeRefused(words: string): boolean {
  return words.endsWith(`/${REFUSED}`);
}

/** Whether a tool runs only if somebody agrees; by its name as the model sees it. */
export function needsApproval(tool: string): boolean {
  return Object.keys(ASKING_SERVERS).some((server) => tool.startsWith(`${server}__`));
}

const below = (most: number, random: () => number): number => Math.floor(most * random());

function oneOf<T>(all: readonly [T, ...T[]], random: () => number): T {
  return all[below(all.length, random)] ?? all[0];
}

function anything(name: string, agent: Plan["agent"], random: () => number): PlannedCall[][] {
  return Array.from({ length: 1 + below(3, random) }, (_, turn) =>
    Array.from({ length: 1 + below(3, random) }, (_none, i) => thrown(`${name}/${turn + 1}/${i + 1}`, agent, random)),
  );
}

/** Calls that the sabotage shows on: slow and unsafe, so that every kill hits several; many at once; or waiting for people. */
function revealing(name: string, random: () => number, sabotage: Sabotage): PlannedCall[][] {
  const calls = (count: number, server: string, delayMs: number): PlannedCall[][] => [
    Array.from({ length: count }, (_, i) => callOf(`${server}__append`, `${name}/1/${i + 1}`, delayMs)),
  ];
  switch (sabotage) {
    case "trust-incomplete-list":
      return calls(6, "remote", 0);
    case "act-without-approval":
      return calls(2, oneOf(["guarded", "mailed"], random), 0);
    case "ask-twice":
      return calls(2, "mailed", 0);
    case "act-before-write":
    case "repeat-lost-work":
      return calls(2, oneOf(FREE_SERVERS, random), 700 + below(800, random));
  }
}

function thrown(words: string, agent: Plan["agent"], random: () => number): PlannedCall {
  if (agent === "asker" && random() < QUESTIONS) {
    const tool = PERSON_TOOLS[below(PERSON_TOOLS.length, random)] ?? "";
    return { tool, arguments: { message: refusable(words, random) } };
  }
  const throws = random();
  const [, tool, delayMs] = CHANCES.find(([limit]) => throws < limit) ?? [1, "append", 0];
  const late = below(delayMs, random);
  if (random() >= APPROVALS) return callOf(`${oneOf(FREE_SERVERS, random)}__${tool}`, words, late);
  return callOf(`${oneOf(["guarded", "mailed"], random)}__${tool}`, refusable(words, random), late);
}

function refusable(words: string, random: () => number): string {
  return random() < REFUSALS ? `${words}/${REFUSED}` : words;
}

function callOf(tool: string, text: string, delayMs: number): PlannedCall {
  return { tool, arguments: { text, ...(delayMs > 0 && { delayMs }) } };
}

function stumble(random: () => number): string {
  return random() < STUMBLES ? "[fail:503]" : `[latency:${below(300, random)}]`;
}

function directive({ tool, arguments: args }: PlannedCall): string {
  return `[call:${tool} ${JSON.stringify(args)}]`;
}
