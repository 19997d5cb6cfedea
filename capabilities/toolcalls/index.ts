/** What is watched for ToolCalls, and who answers: nothing more. */
import { Capability } from "pepr";
import { ToolCall as ToolCallKind } from "../../crds/kinds";
import { watchAll } from "../watch-every-change";
import type { ToolCallController } from "./controller";

/** The capability: one watch. */
export function toolCalls(operator: { toolCalls: ToolCallController }): Capability {
  const capability = new Capability({ name: "toolcalls", description: "Drives ToolCalls: calls the tool, once." });
  watchAll(capability, ToolCallKind, function noticeToolCall(call, phase) {
    operator.toolCalls.notice(call, phase);
  });
  return capability;
}
