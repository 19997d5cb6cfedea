/** Takes what people were asked by a process that is gone for something that they have agreed to. */
import * as real from "../../../../capabilities/toolcalls/decide";

export * from "../../../../capabilities/toolcalls/decide";

export const decide: typeof real.decide = (seen) => {
  const { state, lookingSince } = seen;
  const isOld = state.status === "AwaitingHumanApproval" && state.question.askedAt < lookingSince;
  return real.decide(isOld ? { ...seen, state: { status: "Pending" } } : seen);
};
