/**
 * What became of a call that was begun: what its outcome means, and what it means that there is none. Only a call that was
 * surely not sent, or whose tool is safe to repeat, is ever begun again. Pure.
 */
import type { McpOutcome } from "../adapters/mcp/port";
import { assertNever } from "../runtime/assert-never";
import { later } from "../runtime/later";
import { askForTool, askOutcome } from "./ask-people";
import { begin } from "./begin";
import type { Decision, Executing, Observed } from "./decision";
import { fail, latest, serverOf, stay, toolName } from "./decision";
import { backoffMs, MAX_ATTEMPTS, seconds } from "./limits";
import { sentence } from "./question";
import { askedOf, errorText, questionsOf, resultOf, textOf } from "./result";
import { askedIn, NEXT_ATTEMPT, workOf } from "./state";

/** What follows from the outcome of a call. */
export function hear(outcome: McpOutcome, state: Executing, seen: Observed): Decision {
  switch (outcome.kind) {
    case "Result":
      return outcome.isError ? hearError(outcome, state, seen) : hearResult(outcome, state, seen);
    case "Refused":
      return fail(state, seen, { reason: "Refused", message: refusal(outcome.message, seen) });
    case "InputRequired":
      return hearQuestion(outcome, state, seen);
    case "NotSent":
      return hearNotSent(outcome.message, state, seen);
    case "Unknown":
      return hearNothing(outcome.message, state, seen);
    default:
      return assertNever(outcome);
  }
}

function hearResult(outcome: Extract<McpOutcome, { kind: "Result" }>, state: Executing, seen: Observed): Decision {
  return {
    kind: "Enter",
    state: { ...workOf(state), status: "Succeeded", ...resultOf(outcome), completedAt: seen.now },
  };
}

/** The tool's own word for having failed: the model gets what the tool says, as an error. */
function hearError(outcome: Extract<McpOutcome, { kind: "Result" }>, state: Executing, seen: Observed): Decision {
  const message = textOf(outcome) || `The tool ${toolName(seen)} failed and did not say why`;
  const { content, structuredContent } = resultOf(outcome);
  return {
    kind: "Enter",
    state: {
      ...workOf(state),
      status: "Error",
      reason: "ToolFailed",
      message,
      result: errorText(message),
      ...(content && { content }),
      ...(structuredContent && { structuredContent }),
      completedAt: seen.now,
    },
  };
}

function refusal(message: string, seen: Observed): string {
  return `The server would not carry the call of tool ${toolName(seen)} out: ${message}`;
}

function hearQuestion(
  outcome: Extract<McpOutcome, { kind: "InputRequired" }>,
  state: Executing,
  seen: Observed,
): Decision {
  const asked = askForTool(outcome, state, seen);
  if ("kind" in asked) return asked;
  const name = toolName(seen);
  const questions = questionsOf(outcome);
  const message = `The tool ${name} wants an answer from a person before it goes on, and ${asked.why}. It asks: ${questions}`;
  const result = errorText(
    `${message}\nIf you know the answer, call the tool again with it; otherwise go on without it.`,
  );
  return {
    kind: "Enter",
    state: {
      ...workOf(state),
      status: "Error",
      reason: "InputRequired",
      message,
      result,
      ...askedOf(outcome),
      completedAt: seen.now,
    },
  };
}

/** Surely not sent: beginning again is harmless, whatever the tool. It goes on for as long as one waits for a server. */
function hearNotSent(because: string, state: Executing, seen: Observed): Decision {
  const { now, tool, lookingSince } = seen;
  const failingSince = state.failingSince ?? now;
  const timeoutMs = tool.kind === "Known" ? tool.timeoutMs : 0;
  if (state.failingSince && now >= later(latest(state.failingSince, lookingSince), timeoutMs)) {
    const message = `MCPServer "${serverOf(seen.tool)}" could not be reached within ${seconds(timeoutMs)}: ${because}`;
    return fail(state, seen, { reason: "ServerUnavailable", message });
  }
  return backOff(because, failingSince, state, seen);
}

/** Sent, or perhaps, and never answered. */
function hearNothing(because: string, state: Executing, seen: Observed): Decision {
  const name = toolName(seen);
  const isSafe = seen.tool.kind === "Known" && seen.tool.isSafe;
  if (!isSafe) {
    const asked = askOutcome(because, state, seen);
    if (asked) return asked;
    const message = `It is not known whether tool ${name} did its work: ${because}`;
    const result = errorText(
      `${sentence(message)} It may have happened or not, and the call was not repeated. Check what is the case before you call the tool again.`,
    );
    return {
      kind: "Enter",
      state: { ...workOf(state), status: "OutcomeUnknown", message, result, completedAt: seen.now },
    };
  }
  if (state.attempts >= MAX_ATTEMPTS) {
    const message = `Tool ${name} has not answered in ${state.attempts} attempts. The last one: ${because}`;
    return fail(state, seen, { reason: "NoAnswer", message });
  }
  return backOff(because, seen.now, state, seen);
}

/** A call that nobody in this process carries out: whoever did is gone, and with it the answer. */
export function hearSilence(state: Executing, seen: Observed): Decision {
  if (seen.stopping || seen.task.kind === "Missing") return stay();
  const who = state.holder === seen.holder ? "this process of the operator" : `the operator's process ${state.holder}`;
  const heard = hearNothing(`${who} stopped while the call was under way`, state, seen);
  if (heard.kind !== "Enter" || heard.state.status !== "ErrorBackoff") return heard;
  const again = begin(heard.state, seen); // Nobody is overloaded, so there is nothing to wait for but the server.
  return again.kind === "Enter" && again.state.status === "Executing" ? again : heard;
}

function backOff(because: string, failingSince: Date, state: Executing, seen: Observed): Decision {
  const { now, uid } = seen;
  const { startedAt } = state;
  const retryAt = later(now, backoffMs(state.attempts, uid));
  const waiting = { for: NEXT_ATTEMPT, since: now };
  return {
    kind: "Enter",
    state: {
      ...workOf(state),
      ...askedIn(state),
      status: "ErrorBackoff",
      startedAt,
      retryAt,
      because,
      waiting,
      failingSince,
    },
  };
}
