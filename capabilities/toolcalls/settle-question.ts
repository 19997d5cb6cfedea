/**
 * What follows from the answer to a question, and from the lack of one: the words for the people who look on, and those for
 * the model, which is told that a person decided and what they said, not who they are. Pure.
 */
import { listed } from "../runtime/listed";
import { later } from "../runtime/later";
import type { Tally, Verdict } from "./approvals";
import type { Decision, Observed } from "./decision";
import { fail, toolName } from "./decision";
import type { ChannelSeen } from "./people";
import { sentence } from "./question";
import { errorText } from "./result";
import type { AwaitingPeople } from "./state";
import { askedIn, workOf } from "./state";

type Enter = Extract<Decision, { kind: "Enter" }>;
type Rejected = Extract<Verdict, { kind: "Rejected" }>;
type Approved = Extract<Verdict, { kind: "Approved" }>;
type Answered = Extract<Verdict, { kind: "Answered" }>;

/** Undefined while the answers are not enough. */
export function settle(counted: Tally, state: AwaitingPeople, seen: Observed): Enter | undefined {
  switch (counted.kind) {
    case "Open":
      return undefined;
    case "Approved":
      return approve(counted, state, seen);
    case "Rejected":
      return reject(counted, state, seen);
    case "Answered":
      return respond(counted, state, seen);
  }
}

function approve({ by, comment }: Approved, state: AwaitingPeople, seen: Observed): Enter | undefined {
  switch (state.status) {
    case "AwaitingHumanApproval":
      return ready(withComment(`Approved by ${listed(by)}`, comment), state);
    case "AwaitingHumanInput":
      return isOfPerson(seen)
        ? succeed(comment?.trim() ? comment : "Yes.", state, seen)
        : ready(withComment(`Answered by ${listed(by)}`, comment), state);
    case "OutcomeUnknown":
      return ready(withComment(`To be run again, says ${listed(by)}`, comment), state);
  }
}

function reject({ by, comment }: Rejected, state: AwaitingPeople, seen: Observed): Enter {
  const name = toolName(seen);
  const said = comment?.trim() ? ` They say: ${comment}` : " They gave no reason.";
  switch (state.status) {
    case "AwaitingHumanApproval":
      return endRejected(
        withComment(`Rejected by ${by}`, comment),
        `A person rejected this call of tool ${name}, and it was not executed.${said}`,
        { state, seen },
      );
    case "AwaitingHumanInput":
      return isOfPerson(seen)
        ? endRejected(
            withComment(`Rejected by ${by}`, comment),
            `The person who was asked does not want to answer.${said}`,
            { state, seen },
          )
        : ready(withComment(`Declined by ${by}`, comment), state);
    case "OutcomeUnknown": {
      const told = `It is not known whether tool ${name} did its work, and a person gave the call up.${sentence(said)} It may have happened or not, and the call was not repeated. Check what is the case before you call the tool again.`;
      return fail(state, seen, { reason: "OutcomeUnknown", message: withComment(`Given up by ${by}`, comment), told });
    }
  }
}

/** Words are no answer to whether a tool may run, and nobody counts them as one. */
function respond({ by, words }: Answered, state: AwaitingPeople, seen: Observed): Enter | undefined {
  switch (state.status) {
    case "AwaitingHumanApproval":
      return undefined;
    case "AwaitingHumanInput":
      return isOfPerson(seen) ? succeed(words, state, seen) : ready(`Answered by ${by}`, state);
    case "OutcomeUnknown":
      return succeed(`A person looked what this call has come to, and says: ${words}`, state, seen);
  }
}

/** The call is a question to a person, and nothing else. */
function isOfPerson({ spec }: Observed): boolean {
  return spec.toolType === "HumanContact";
}

/** A comment may be long; in a sentence about the call it is cut, and it stands in the answer as it is. */
const COMMENT_CHARACTERS = 2_048;

function withComment(text: string, comment: string | undefined): string {
  if (!comment?.trim()) return text;
  const short = comment.length > COMMENT_CHARACTERS ? `${comment.slice(0, COMMENT_CHARACTERS)}…` : comment;
  return `${text}: ${short}`;
}

function ready(because: string, state: AwaitingPeople): Enter {
  const { question } = state;
  return {
    kind: "Enter",
    state: { status: "ReadyToExecuteApprovedTool", ...workOf(state), ...askedIn(state), question, because },
  };
}

function succeed(result: string, state: AwaitingPeople, { now }: Observed): Enter {
  return { kind: "Enter", state: { ...workOf(state), status: "Succeeded", result, completedAt: now } };
}

function endRejected(
  message: string,
  told: string,
  { state, seen }: { state: AwaitingPeople; seen: Observed },
  reason: "Rejected" | "NobodyAnswered" = "Rejected",
): Enter {
  const result = errorText(told);
  return {
    kind: "Enter",
    state: { ...workOf(state), status: "ToolCallRejected", reason, message, result, completedAt: seen.now },
  };
}

/** What the channel says is to happen when nobody answers in time. Editing it counts at once. */
export function expire(
  state: AwaitingPeople,
  { limit }: Extract<ChannelSeen, { kind: "Found" }>,
  seen: Observed,
): Enter | undefined {
  if (!limit || seen.now < later(state.question.askedAt, limit.ms)) return undefined;
  const message = `Nobody answered within ${limit.text}, and nobody refused: ${unanswered(state, seen)}`;
  if (limit.then === "Reject") return endRejected(message, sentence(message), { state, seen }, "NobodyAnswered");
  return fail(state, seen, { reason: "NobodyAnswered", message, told: sentence(message) });
}

function unanswered({ status }: AwaitingPeople, seen: Observed): string {
  const name = toolName(seen);
  switch (status) {
    case "AwaitingHumanApproval":
      return `a person was asked whether tool ${name} may run, and it was not executed`;
    case "AwaitingHumanInput":
      return isOfPerson(seen)
        ? "the question that was put to a person is open still"
        : `the tool ${name} wants an answer from a person before it goes on`;
    case "OutcomeUnknown":
      return `a person was asked what became of the call of tool ${name}; it may have done its work or not, and was not repeated`;
  }
}
