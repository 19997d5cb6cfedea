/** Whether a call can be begun now, and what is stored before it is: the intent comes before the effect. Pure. */
import { later } from "../runtime/later";
import type { Waiting } from "../runtime/waiting";
import { waitFor } from "../runtime/waiting";
import { askFirst, awaited } from "./ask-people";
import type { Decision, Observed, Unbegun } from "./decision";
import { fail, latest, serverOf, stay, toolName } from "./decision";
import { seconds, timeoutOf } from "./limits";
import type { AwaitingPeople } from "./state";
import { askedIn, workOf } from "./state";
import { wait, waitBegan, waitForChannel } from "./waits";

/** Begins a call if everything that it needs is there; otherwise says what it waits for, or that there is nothing to wait for. */
export function begin(state: Unbegun, seen: Observed): Decision {
  const cannot = pause(state, seen) ?? refuse(state, seen);
  // People are not asked about what cannot run; whether the server is there just now matters when they have agreed.
  const first = cannot ?? askFirst(state, seen) ?? recall(state, seen);
  return first ?? waitForServer(state, seen) ?? execute(state, seen);
}

/** Nothing is started in the name of a task that is suspended or out of sight, nor by a process that is stopping. */
function pause(state: Unbegun, seen: Observed): Decision | undefined {
  const { task, stopping } = seen;
  if (stopping || task.kind === "Missing") return stay();
  return task.isSuspended ? wait(`Task "${task.name}" to be resumed`, state, seen) : undefined;
}

/** What no waiting would mend: the call ends, in words that the model can act upon. */
function refuse(state: Unbegun, seen: Observed): Decision | undefined {
  const { tool, fit } = seen;
  const name = toolName(seen);
  if (tool.kind === "NotOffered") {
    const message = `There is no tool named ${name}. Use only the tools you were given.`;
    return fail(state, seen, { reason: "NoSuchTool", message });
  }
  if (fit.kind === "Unfit") {
    const message = `The arguments of tool ${name} are not what it takes: ${fit.why}`;
    return fail(state, seen, { reason: "InvalidArguments", message });
  }
  if (fit.kind === "Hostile") {
    const message = `The tool ${name} cannot be used: its arguments could not be checked in time against the schema that MCPServer "${serverOf(tool)}" gives for them. The arguments were not at fault`;
    return fail(state, seen, { reason: "InvalidToolSchema", message });
  }
  if (tool.kind === "NoLonger") {
    const message = `MCPServer "${tool.server}" has no tool ${name} any more. Go on without it.`;
    return fail(state, seen, { reason: "NoSuchTool", message });
  }
  return undefined;
}

/** What was agreed to is looked at once more before it is done: an answer to this question, about these very arguments. */
function recall(state: Unbegun, seen: Observed): Decision | undefined {
  if (state.status !== "ReadyToExecuteApprovedTool") return undefined;
  const { question, because: _because, waiting: _waiting, status: _status, ...rest } = state;
  const { digest, said, channel } = seen.people;
  const isAnswered = said.some(({ entry }) => entry.question === question.id && entry.argumentsDigest === digest);
  if (!isAnswered) return reopen({ ...rest, question, waiting: { for: awaited(question), since: question.askedAt } });
  // What the tool is to be told follows from who may answer.
  const needsChannel = rest.inputRequests !== undefined && channel?.kind !== "Found";
  return needsChannel ? waitForChannel(question.channel, state, seen) : undefined;
}

/** What was said does not hold any more: the question is as open as it was. */
function reopen(asked: Omit<AwaitingPeople, "status">): Decision {
  switch (asked.question.kind) {
    case "Approval":
      return { kind: "Enter", state: { ...asked, status: "AwaitingHumanApproval" } };
    case "Input":
      return { kind: "Enter", state: { ...asked, status: "AwaitingHumanInput" } };
    case "Outcome":
      return { kind: "Enter", state: { ...asked, status: "OutcomeUnknown" } };
  }
}

/** A server that is away is waited for, by its own timeout; one that does not exist may be applied in a moment. */
function waitForServer(state: Unbegun, seen: Observed): Decision | undefined {
  const { tool } = seen;
  if (tool.kind === "NoServer") {
    const message = `MCPServer "${tool.server}" does not exist`;
    return waitUntilTimeout(`MCPServer "${tool.server}", which does not exist, to be created`, message, state, seen);
  }
  if (tool.kind !== "Known" || tool.isConnected) return undefined;
  const because = tool.away ? `: ${tool.away}` : "";
  const message = `MCPServer "${tool.server}" could not be reached within ${seconds(tool.timeoutMs)}${because}`;
  return waitUntilTimeout(`MCPServer "${tool.server}" to be connected`, message, state, seen);
}

function waitUntilTimeout(phrase: string, message: string, state: Unbegun, seen: Observed): Decision {
  const { now, tool, lookingSince } = seen;
  const timeoutMs = tool.kind === "Known" ? tool.timeoutMs : timeoutOf(undefined);
  const { since } = waitFor(phrase, state.waiting, waitBegan(state, seen));
  // What another process waited is not counted: this one had to connect to the server anew.
  const until = later(latest(since, lookingSince), timeoutMs);
  if (now >= until) return fail(state, seen, { reason: "ServerUnavailable", message });
  return wait(phrase, state, seen, until);
}

function execute(state: Unbegun, seen: Observed): Decision {
  const { now, holder, tool } = seen;
  const { attempts, startedAt = now, ...work } = workOf(state);
  const waiting: Waiting = { for: `MCPServer "${serverOf(tool)}" to answer`, since: now };
  const failing = state.status === "ErrorBackoff" && state.failingSince ? { failingSince: state.failingSince } : {};
  return {
    kind: "Enter",
    state: {
      ...work,
      ...askedIn(state),
      status: "Executing",
      attempts: attempts + 1,
      holder,
      startedAt,
      waiting,
      ...failing,
    },
    then: { kind: "CallTool" },
  };
}
