/** Takes the ToolCalls that exist for all that there should be. */
import * as real from "../../../../capabilities/tasks/decide";

export * from "../../../../capabilities/tasks/decide";

export const decide: typeof real.decide = (seen) =>
  real.decide({ ...seen, toolCalls: seen.toolCalls.filter(({ kind }) => kind !== "Missing") });
