/**
 * Operators that are wrong with people, in one place each, to prove that the invariants can fail. Nothing here is in the
 * product.
 */
import type { Channels, ChannelTarget, Question } from "../adapters/channels/port";
import { perform } from "../tasks/perform";
import { finalAnswerId } from "../tasks/tell";
import { decide } from "../toolcalls/decide";
import type { Observed } from "../toolcalls/decision";
import type { PeopleSeen } from "../toolcalls/people";
import { perform as performCall } from "../toolcalls/perform";
import { writeStatus } from "../toolcalls/status";
import type { Made } from "./simulation-operator";
import { decidingCalls, operatorWith, sound } from "./simulation-operator";

/** An operator that sees people otherwise than they are. */
function seeing(change: (people: PeopleSeen, seen: Observed) => PeopleSeen): Made {
  return operatorWith(perform, (_decision, seen, call, world) => {
    const wrong = { ...seen, people: change(seen.people, seen) };
    return performCall(decide(wrong), wrong, call, world);
  });
}

type Entry = PeopleSeen["said"][number]["entry"];

/** What people said, changed. */
function hearing(change: (entry: Entry, people: PeopleSeen, question: string) => Entry): Made {
  return seeing((people, { state }) => {
    const id = "question" in state ? (state.question?.id ?? "") : "";
    return { ...people, said: people.said.map((one) => ({ ...one, entry: change(one.entry, people, id) })) };
  });
}

/** An operator whose questions are other than they should be. */
function putting(put: (channels: Channels, ...question: Parameters<Channels["put"]>) => void): Made {
  return (neighbours) => {
    const { channels } = neighbours;
    return sound({ ...neighbours, channels: { ...channels, put: (...question) => put(channels, ...question) } });
  };
}

/** Calls the tool as soon as it hears that it may, and then writes that it has heard it. */
export const executesBeforeItWrites = operatorWith(perform, async (decision, seen, call, world) => {
  if (decision.kind !== "Enter" || decision.state.status !== "ReadyToExecuteApprovedTool")
    return performCall(decision, seen, call, world);
  const unwritten = { ...call, status: writeStatus(call, decision.state, seen.now) };
  await performCall({ kind: "Repeat", effect: { kind: "CallTool" } }, seen, unwritten, world);
  return performCall(decision, seen, call, world);
});

/** Needs nobody's word for anything. */
export const asksNobody = seeing(({ approval: _approval, ...people }) => people);

/** Gives every question of a new process another id. */
export const asksAnew = operatorWith(perform, (decision, seen, call, world) => {
  const { state } = seen;
  if (decision.kind !== "Repeat" || decision.effect.kind !== "AskPerson" || state.status !== "AwaitingHumanApproval")
    return performCall(decision, seen, call, world);
  const id = `ec-${state.question.id.slice(3, 16)}${world.holder.at(-1) ?? ""}00`;
  const question = { ...state.question, id };
  return performCall({ kind: "Enter", state: { ...state, question }, then: decision.effect }, seen, call, world);
});

/** Puts questions under ids that stand nowhere. */
export const invents = putting((channels, target, question, wasSent) =>
  channels.put(target, { ...question, id: `${question.id.slice(0, 18)}x` }, wasSent),
);

/** Lets no question go. */
export const neverLetsGo: Made = (neighbours) =>
  sound({ ...neighbours, channels: { ...neighbours.channels, drop: () => undefined } });

/** Tells whoever sends an answer that it is stored, and forgets it. */
export const confirmsAndForgets: Made = (neighbours) => {
  const operator = sound(neighbours);
  const { desk } = operator.toolCalls;
  const take: typeof desk.take = async () => ({ kind: "Stored" });
  return { ...operator, toolCalls: Object.assign(operator.toolCalls, { desk: { ...desk, take } }) };
};

/** Words every question anew. */
export const rephrases: Made = (neighbours) => {
  const { channels, holder } = neighbours;
  const put: Channels["put"] = (target, question, wasSent) =>
    channels.put(
      target,
      question.kind === "Approval" ? { ...question, tool: `${question.tool} ${holder}` } : question,
      wasSent,
    );
  return sound({ ...neighbours, channels: { ...channels, put } });
};

/** Shows people other arguments than the tool is given. */
export const showsOtherArguments = putting((channels, target, question, wasSent) =>
  channels.put(target, question.kind === "Approval" ? { ...question, arguments: {} } : question, wasSent),
);

/** Counts what was said of another question. */
export const countsOtherQuestions = hearing((entry, _people, question) => ({ ...entry, question }));

/** Counts what was said of other arguments. */
export const countsOtherArguments = hearing((entry, { digest }) => ({ ...entry, argumentsDigest: digest }));

/** Takes every answer for a yes. */
export const takesNoForYes = hearing((entry) => ({ ...entry, decision: "Approve" }));

/** Does not listen to channels. */
export const isDeaf = seeing((people) => ({ ...people, said: people.said.filter(({ fresh }) => !fresh) }));

/** One is enough, whatever the channel says. */
export const needsOne = seeing((people) =>
  people.channel?.kind === "Found" ? { ...people, channel: { ...people.channel, quorum: 1 } } : people,
);

/** Whoever asks may approve. */
export const letsRequestersApprove = seeing((people) =>
  people.channel?.kind === "Found" ? { ...people, channel: { ...people.channel, mayNotBeRequester: false } } : people,
);

/** Says that somebody refused where nobody said anything. */
export const takesSilenceForNo = decidingCalls((decision) =>
  decision.kind === "Enter" && decision.state.status === "ToolCallRejected"
    ? { ...decision, state: { ...decision.state, reason: "Rejected" } }
    : decision,
);

/** Keeps for itself why somebody refused. */
export const hidesComments = decidingCalls((decision) =>
  decision.kind === "Enter" && decision.state.status === "ToolCallRejected"
    ? { ...decision, state: { ...decision.state, result: "Error: no" } }
    : decision,
);

/** Has an unknown outcome carried out again without anybody's word. */
export const despairsOfPeople = operatorWith(perform, (decision, seen, call, world) => {
  const { state, holder, now } = seen;
  if (state.status !== "OutcomeUnknown" || !("waiting" in state)) return performCall(decision, seen, call, world);
  const { trouble: _trouble, attempts, startedAt = now, ...rest } = state;
  const again = { ...rest, status: "Executing" as const, attempts: attempts + 1, holder, startedAt };
  return performCall({ kind: "Enter", state: again, then: { kind: "CallTool" } }, seen, call, world);
});

/** Says that a question was sent when it is only going to be. */
export const boastsOfQuestions = operatorWith(perform, (decision, seen, call, world) => {
  if (decision.kind === "Enter" && decision.state.status === "AwaitingHumanApproval") {
    world.recorder.record({
      about: call,
      component: "toolcall-controller",
      type: "Normal",
      reason: "HumanLayerRequestSent",
      message: "HumanLayer request sent",
    });
  }
  return performCall(decision, seen, call, world);
});

const isNotice = (question: Question): boolean => question.kind === "Notice";

/** Tells final answers twice, to be sure. */
export const tellsTwice = putting((channels, target, question, wasSent) => {
  channels.put(target, question, wasSent);
  if (isNotice(question)) channels.put(target, { ...question, id: `${question.id.slice(0, 18)}x` }, wasSent);
});

/** Keeps final answers for itself. */
export const tellsNobody = putting((channels, target, question, wasSent) => {
  if (!isNotice(question)) channels.put(target, question, wasSent);
});

/** Tells an answer that is not stored yet. */
export const tellsTooSoon = operatorWith((decision, seen, task, world) => {
  const isAnswer = decision.kind === "Enter" && decision.state.phase === "FinalAnswer" && !decision.state.told;
  if (!isAnswer || !("output" in decision.state)) return perform(decision, seen, task, world);
  const { namespace, name, uid } = task.metadata;
  const target: ChannelTarget = { uid, namespace, name: "people", type: "email", apiKey: "hl-1" };
  const about = { kind: "Task", namespace, name, uid } as const;
  world.channels.put(target, { kind: "Notice", id: finalAnswerId(uid), about, message: decision.state.output }, false);
  return new Promise((resolve) => {
    world.clock.at(new Date(seen.now.getTime() + 50), () => resolve(perform(decision, seen, task, world)));
  });
});
