/**
 * When people are asked about a call, what, and over which channel: whether it may run, what a tool or the model wants to
 * know, what has become of it. The question is a state, stored before anything leaves. Pure; `await-people.ts` is the rest.
 */
import type { McpOutcome } from "../adapters/mcp/port";
import type { Decision, Effect, Executing, Observed, Unbegun } from "./decision";
import { toolName } from "./decision";
import { readQuestions } from "./inputs";
import { approvalMessage, inputMessage, outcomeMessage, questionId } from "./question";
import { askedOf } from "./result";
import type { Asked, AwaitingPeople, OpenQuestion, Work } from "./state";
import { askedIn, workOf } from "./state";
import { waitForChannel } from "./waits";

/** What makes a question one of its own. */
type Asking = Pick<OpenQuestion, "kind" | "channel" | "message" | "schema">;

/** Asks before a call is begun for the first time, where people have to agree or are all that the call is about. */
export function askFirst(state: Unbegun, seen: Observed): Decision | undefined {
  const { tool, people } = seen;
  if (state.status !== "Pending") return undefined;
  if (tool.kind === "Person") return askPerson(tool.asks, tool.channel, state, seen);
  if (!people.approval || tool.kind !== "Known") return undefined;
  // Of a tool that nothing is known of yet it cannot be said that it could run; its server is waited for first.
  if (!tool.isListed && !tool.isConnected) return undefined;
  return askApproval(people.approval, state, seen);
}

function askApproval(
  { because }: { because?: string },
  state: Extract<Unbegun, { status: "Pending" }>,
  seen: Observed,
): Decision {
  const { channel } = seen.people;
  if (channel?.kind !== "Found") return waitForChannel(channel?.name ?? "", state, seen);
  const { toolRef, arguments: given } = seen.spec;
  const reason = because === undefined ? "" : ` Somebody is asked because ${because}.`;
  const asking: Asking = {
    kind: "Approval",
    channel: channel.name,
    message: `${approvalMessage(toolRef.name, given)}${reason}`,
  };
  const tell =
    because === undefined
      ? []
      : [{ type: "Warning" as const, reason: "ApprovalPolicyFaulty", message: capital(because) }];
  const asked = ask(asking, workOf(state), {}, seen);
  const { waiting } = asked;
  const isFor = because === undefined ? waiting.for : `${waiting.for}, for ${because}`;
  return enter({ status: "AwaitingHumanApproval", ...asked, waiting: { ...waiting, for: isFor } }, seen, tell);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The model asks a person: the question is the call. */
function askPerson(
  message: string,
  channelName: string,
  state: Extract<Unbegun, { status: "Pending" }>,
  seen: Observed,
): Decision {
  if (seen.people.channel?.kind !== "Found") return waitForChannel(channelName, state, seen);
  const asking: Asking = { kind: "Input", channel: channelName, message };
  return enter({ status: "AwaitingHumanInput", ...ask(asking, workOf(state), {}, seen) }, seen);
}

/** Asks what a tool wants to know. A text instead: why that cannot be. */
export function askForTool(
  outcome: Extract<McpOutcome, { kind: "InputRequired" }>,
  state: Executing,
  seen: Observed,
): Decision | { why: string } {
  const { channel } = seen.people;
  if (channel?.kind !== "Found") return { why: "there is nobody here to give one" };
  const questions = readQuestions(outcome.inputRequests);
  if (questions.kind === "Unsupported") return { why: questions.why };
  const asked = askedOf(outcome);
  if (!asked.inputRequests) return { why: "what it wants to go on with is too large to be kept" };
  const asking: Asking = {
    kind: "Input",
    channel: channel.name,
    message: inputMessage(`The tool ${toolName(seen)}`, questions.message),
    ...(questions.kind === "Form" && { schema: questions.schema }),
  };
  return enter({ status: "AwaitingHumanInput", ...ask(asking, workOf(state), asked, seen) }, seen);
}

/** Asks what has become of a call; undefined when there is nobody to ask. `because` says why nobody knows. */
export function askOutcome(because: string, state: Executing, seen: Observed): Decision | undefined {
  const { channel } = seen.people;
  if (channel?.kind !== "Found") return undefined;
  const { toolRef, arguments: given } = seen.spec;
  const message = outcomeMessage(toolRef.name, given, because);
  const asking: Asking = { kind: "Outcome", channel: channel.name, message };
  return enter({ status: "OutcomeUnknown", ...ask(asking, workOf(state), askedIn(state), seen) }, seen);
}

/**
 * Asks for approval over the channel that the server names by now. It is a question of its own: who answered the one of
 * before did so by other rules.
 */
export function askElsewhere(state: AwaitingPeople, seen: Observed): Decision | undefined {
  const { movedTo } = seen.people;
  if (movedTo === undefined || state.status !== "AwaitingHumanApproval" || seen.stopping) return undefined;
  const { now, uid, spec } = seen;
  const { trouble: _old, ...rest } = state;
  const { kind, message } = state.question;
  const asking: Asking = { kind, channel: movedTo, message };
  const id = questionId(`${uid}/${movedTo}`, kind, spec.toolType, state.attempts);
  const waiting = { for: awaited(asking), since: now };
  return enter({ ...rest, question: { ...asking, id, askedAt: now }, waiting }, seen);
}

/** What a call waits for while its question is open. */
export function awaited({ kind, channel }: Pick<OpenQuestion, "kind" | "channel">): string {
  switch (kind) {
    case "Approval":
      return `human approval via contact channel ${channel}`;
    case "Input":
      return `an answer via contact channel ${channel}`;
    case "Outcome":
      return `a person to say via contact channel ${channel} what became of the call`;
  }
}

function ask(
  asking: Asking,
  work: Work,
  asked: Asked,
  seen: Observed,
): Omit<Extract<AwaitingPeople, { status: "OutcomeUnknown" }>, "status"> {
  const { now, uid, spec } = seen;
  const id = questionId(uid, asking.kind, spec.toolType, work.attempts);
  return {
    startedAt: now,
    ...work,
    ...asked,
    question: { ...asking, id, askedAt: now },
    waiting: { for: awaited(asking), since: now },
  };
}

function enter(
  state: AwaitingPeople,
  seen: Observed,
  tell: Extract<Decision, { kind: "Enter" }>["tell"] = [],
): Decision {
  const isQuiet = seen.stopping || (seen.task.kind === "Found" && seen.task.isSuspended);
  const then: { then?: Effect } = isQuiet ? {} : { then: { kind: "AskPerson" } };
  return { kind: "Enter", state, ...then, ...(tell.length > 0 && { tell }) };
}
