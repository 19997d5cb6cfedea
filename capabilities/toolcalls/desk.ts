/**
 * The desk of the receiver: finds the ToolCall behind the id of a question, and has an answer that came over HTTP stored in
 * it before anybody is told that it is. What an answer means is decided where all answers are; here it is only kept.
 */
import type { ToolCall } from "../../crds/index";
import type { Desk, OpenQuestion, Taken } from "../adapters/channels/desk";
import type { Heard } from "../adapters/channels/port";
import { readTarget } from "../adapters/channels/target";
import { after } from "../runtime/clock";
import { keyOf } from "../runtime/objects";
import { isSameAnswer, mayBeApproved, storedAs } from "./answers";
import { channelOf } from "./people";
import { notesOf } from "./put-question";
import { digestOf } from "./question";
import { isAwaitingPeople, openQuestionOf } from "./state";
import { readState } from "./stored";
import type { ToolCallWorld } from "./world";

/** The index of ToolCalls by the ids of the questions that they have put, the open one and those that were answered. */
export const BY_QUESTION = "toolcalls/question";

/** As long as whoever sends an answer is kept waiting for it to be stored; services wait little longer. */
const STORING_MS = 8_000;

const TOO_LATE: Taken = {
  kind: "TooLate",
  message: "This was answered before, or is not asked any more; your answer changes nothing",
};
const NOT_NOW: Taken = { kind: "NotNow", message: "Your answer could not be stored now. Try again in a moment" };
const UNKNOWN: Taken = { kind: "NotNow", message: "Nobody here waits for an answer to this question" };

/** What a ToolCall is filed under in `BY_QUESTION`. */
export function questionsOf({ status }: ToolCall): string[] {
  const open = status?.externalCallID;
  const answered = (status?.answers ?? []).map(({ question }) => question);
  return [...new Set([...(open === undefined ? [] : [open]), ...answered])];
}

/** The desk over the calls of this process. */
export function createDesk(world: ToolCallWorld): Desk {
  const { toolCalls, clock, channels, recorder } = world;

  function callOf(id: string): ToolCall | undefined {
    const calls = toolCalls.byIndex(BY_QUESTION, id);
    return calls.find(({ status }) => status?.externalCallID === id) ?? calls[0];
  }

  /** Resolves once the store shows what has become of an answer. */
  function settled(call: ToolCall, id: string, answer: Heard): Promise<Taken> {
    return new Promise((resolve) => {
      const end = (taken: Taken): void => {
        cancel();
        unsubscribe();
        resolve(taken);
      };
      const cancel = clock.at(after(clock, STORING_MS), () => end(NOT_NOW));
      const unsubscribe = toolCalls.subscribe(({ uid, object }) => {
        if (uid !== call.metadata.uid) return;
        if (!object) return end(TOO_LATE);
        if (isStored(object, id, answer)) return end({ kind: "Stored" });
        if (openQuestionOf(object) !== id) end(TOO_LATE);
      });
    });
  }

  return {
    async find(id) {
      const call = callOf(id);
      const channel = call && channelOf(call, channelName(call, id), world);
      if (!channel || channel.spec.type === "kubernetes") return undefined;
      const way = await readTarget(channel, world);
      return way.kind === "Target" ? { target: way.target, ...aboutOf(call, world) } : undefined;
    },

    async take(id, answer) {
      const call = callOf(id);
      if (!call) return UNKNOWN;
      if (isStored(call, id, answer)) return { kind: "Stored" };
      if (openQuestionOf(call) !== id) return TOO_LATE;
      const { heard } = notesOf(call, world);
      const outcome = settled(call, id, answer);
      heard.push(answer);
      world.wake(keyOf(call));
      const taken = await outcome;
      const place = heard.indexOf(answer);
      if (place >= 0) heard.splice(place, 1);
      return taken;
    },

    hint: (id) => channels.hint(id),

    refused(id, channel, message) {
      const call = id === undefined ? undefined : callOf(id);
      const about = call ?? (channel && world.contactChannels.get(keyOf({ metadata: channel })));
      if (!about) return; // Whoever tried is told; there is no object to tell of it.
      const component = call ? "toolcall-controller" : "contactchannel-controller";
      recorder.record({ about, component, type: "Warning", reason: "AnswerRefused", message });
    },
  };
}

/** Whether the answer is in the object. */
function isStored(call: ToolCall, id: string, answer: Heard): boolean {
  const stored = storedAs(answer, call, { id, channel: channelName(call, id) });
  return (call.status?.answers ?? []).some((other) => isSameAnswer(other, stored));
}

/** The channel over which a question of a call is asked, or was. */
function channelName({ status }: ToolCall, id: string): string {
  if (status?.externalCallID === id) return status.question?.channel ?? "";
  return status?.answers?.find(({ question }) => question === id)?.channel ?? "";
}

function aboutOf(call: ToolCall, world: ToolCallWorld): Omit<OpenQuestion, "target"> {
  const { namespace, name, uid } = call.metadata;
  const state = readState(call);
  const kind = call.status?.question?.kind ?? "Approval";
  const text = (call.spec as Partial<ToolCall["spec"]>).arguments; // Of a call that is over they may not be kept in memory.
  return {
    about: { kind: "ToolCall", namespace, name, uid },
    kind,
    ...(text !== undefined && { argumentsDigest: digestOf(text) }),
    ...(isAwaitingPeople(state) && { mayBeApproved: mayBeApproved(state, world) }),
  };
}
