/**
 * Takes what people were asked by a process that is gone for something that they have agreed to. Not before the server is
 * connected: a call that waits for its server is asked about anew, and then nothing is done without a word.
 */
import * as real from "../../../../capabilities/toolcalls/decide";

export * from "../../../../capabilities/toolcalls/decide";

export const decide: typeof real.decide = (seen) => {
  const { state, tool, lookingSince } = seen;
  const isOld = state.status === "AwaitingHumanApproval" && state.question.askedAt < lookingSince;
  const canRun = tool.kind === "Known" && tool.isConnected;
  return real.decide(isOld && canRun ? { ...seen, state: { status: "Pending" } } : seen);
};
