/** Takes every tool for one that may be repeated when the process that called it is gone. */
import * as real from "../../../../capabilities/toolcalls/decide";

export * from "../../../../capabilities/toolcalls/decide";

export const decide: typeof real.decide = (seen) => {
  const { tool, state, call } = seen;
  const isLost = state.status === "Executing" && call.kind === "None";
  return real.decide(isLost && tool.kind === "Known" ? { ...seen, tool: { ...tool, isSafe: true } } : seen);
};
