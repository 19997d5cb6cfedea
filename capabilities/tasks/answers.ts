/**
 * Telling a Task's final answer over its contact channel: what is seen of it and what follows. Pure. It begins once the
 * answer is stored and ends with a stored word of it, so that the answer is told once, whoever dies in between. A task
 * whose answer nobody is to be told never comes further than the first line.
 */
import type { Asked } from "../adapters/channels/port";
import { assertNever } from "../runtime/assert-never";
import { storable } from "../runtime/storable";
import type { Decision, Observed } from "./decision";
import { stay } from "./decision";
import type { TaskState, Told } from "./state";
import { isSettled } from "./state";

/** The channel that a task names, and what this process knows of its answer there. */
export interface Telling {
  name: string;
  /** `Unchecked`: the operator has not looked at it yet. `NotNeeded`: kubectl shows the answer, nothing is sent. */
  channel: "Ready" | "NotReady" | "Unchecked" | "Missing" | "NotNeeded";
  asked?: Asked;
}

type Answered = Extract<TaskState, { phase: "FinalAnswer" }>;

/** What is still to be done for the answer to be told; undefined when that is over, or was never wanted. */
export function tellAnswer(state: Answered, seen: Observed): Decision | undefined {
  const { telling } = seen;
  if (!telling || isSettled(state.told)) return undefined;
  return telling.asked ? follow(state, { ...telling, asked: telling.asked }, seen) : begin(state, telling, seen);
}

function follow(state: Answered, telling: Telling & { asked: Asked }, seen: Observed): Decision {
  const { asked, name } = telling;
  switch (asked.kind) {
    case "Sending":
      return stay(); // It is sent or fails by the channel's own deadline, and has the task looked at.
    case "Sent":
      return enter(state, { kind: "Sent", at: asked.at, channel: name });
    case "Answered":
      return enter(state, { kind: "Sent", at: asked.answer.at, channel: name });
    case "Unsent":
      // Put again: the channel may have another key by now. The adapter sees to it that it is tried again.
      return report(state, "SendingFailed", asked.detail) ?? put(telling, seen);
    case "Foreign":
      return report(state, "NotThisAnswer", asked.detail) ?? stay();
    default:
      return assertNever(asked);
  }
}

function begin(state: Answered, telling: Telling, seen: Observed): Decision | undefined {
  const { channel, name } = telling;
  switch (channel) {
    case "NotNeeded":
      return undefined;
    case "Ready":
      return put(telling, seen);
    case "Unchecked":
      return stay();
    case "Missing":
      return report(state, "ChannelMissing", `ContactChannel "${name}" does not exist. Create it.`) ?? stay();
    case "NotReady": {
      const message = `ContactChannel "${name}" is not ready. Look why: kubectl describe contactchannel ${name}`;
      return report(state, "ChannelNotReady", message) ?? stay();
    }
    default:
      return assertNever(channel);
  }
}

function put({ channel }: Telling, { stopping }: Observed): Decision {
  return channel === "Ready" && !stopping ? { kind: "Repeat", effect: { kind: "TellAnswer" } } : stay();
}

/** Writes down why the answer has not been told; nothing when that stands there already. */
function report(
  state: Answered,
  reason: Extract<Told, { kind: "NotSent" }>["reason"],
  detail: string,
): Decision | undefined {
  const message = storable(detail, MOST_DETAIL);
  const { told } = state;
  const isKnown = told?.kind === "NotSent" && told.reason === reason && told.message === message;
  return isKnown ? undefined : enter(state, { kind: "NotSent", reason, message });
}

function enter(state: Answered, told: Told): Decision {
  return { kind: "Enter", state: { ...state, told } };
}

/** Short enough for a condition. */
const MOST_DETAIL = 1_000;
