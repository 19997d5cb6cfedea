/**
 * How the call of a tool that asked people goes on: what the tool is given back, worked out anew for every attempt from what is
 * stored, so that every process and every attempt says the same. It stores nothing and asks nobody.
 */
import type { ToolCall } from "../../crds/index";
import { wordsOf } from "./answers";
import type { Rules, Verdict } from "./approvals";
import { entriesOf, tally } from "./approvals";
import type { Answer } from "./inputs";
import { respondTo } from "./inputs";
import { channelOf, requesterOf } from "./people";
import { digestOf, questionId } from "./question";
import type { ToolCallWorld } from "./world";

/** What a tool is told when its call goes on with what people answered. `Unanswered`: nothing that was said counts any more. */
export type Continuation =
  | { kind: "Ready"; given: { requestState?: string; inputResponses?: Record<string, unknown> } }
  | { kind: "Unanswered" };

/** For a call that goes on with nothing, there is nothing to give. */
export function continuationOf(
  call: ToolCall,
  world: Pick<ToolCallWorld, "arguments" | "contactChannels">,
): Continuation {
  const { requestState, inputRequests } = call.status ?? {};
  if (!inputRequests) return { kind: "Ready", given: {} };
  const answer = lastAnswer(call, inputRequests, world);
  const response = answer && respondTo(inputRequests, answer, world.arguments);
  if (response?.kind !== "Responses") return { kind: "Unanswered" };
  const { inputResponses } = response;
  return { kind: "Ready", given: { ...(requestState !== undefined && { requestState }), inputResponses } };
}

/** What people said of the last question of the tool, as far as it counts; one about the outcome may have been put since. */
function lastAnswer(
  call: ToolCall,
  inputRequests: Record<string, unknown>,
  world: Pick<ToolCallWorld, "arguments" | "contactChannels">,
): Answer | undefined {
  const { metadata, spec, status } = call;
  const rules = rulesOf(call, world);
  if (!rules) return undefined; // Nobody can say whose word counts.
  const isFit = (answer: Answer): boolean => respondTo(inputRequests, answer, world.arguments).kind === "Responses";
  const entries = entriesOf(call).filter((entry) => isFit(wordsOf(entry)));
  for (let attempts = status?.attempts ?? 0; attempts >= 0; attempts--) {
    const question = questionId(metadata.uid, "Input", spec.toolType, attempts);
    const mine = entries.filter((entry) => entry.question === question);
    const counted = tally(mine, { ...rules, question });
    if (counted.kind !== "Open") return answerOf(counted);
  }
  return undefined;
}

function rulesOf(call: ToolCall, world: Pick<ToolCallWorld, "contactChannels">): Omit<Rules, "question"> | undefined {
  const channel = channelOf(call, call.status?.question?.channel ?? "", world);
  if (!channel) return undefined;
  const requester = requesterOf(call);
  return {
    kind: "Input",
    digest: digestOf(call.spec.arguments),
    quorum: 1,
    mayBeApproved: true,
    mayNotBeRequester: channel.spec.approvers?.mayNotBeRequester === true,
    ...(requester !== undefined && { requester }),
  };
}

function answerOf(verdict: Exclude<Verdict, { kind: "Open" }>): Answer {
  switch (verdict.kind) {
    case "Approved":
      return { decision: "Approve" };
    case "Rejected":
      return { decision: "Reject" };
    case "Answered":
      return { decision: "Respond", words: verdict.words };
  }
}
