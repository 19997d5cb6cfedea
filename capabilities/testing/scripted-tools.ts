/** What the tools of the simulation do, as words for scenarios. Data only: fake-mcp.ts carries it out. */
import type { FakeTool, SeenToolCall, ToolAct } from "./fake-mcp";

const said = (call: SeenToolCall): string => `${call.tool} did ${JSON.stringify(call.arguments)} (${call.number})`;

const result =
  (isError: boolean) =>
  (call: SeenToolCall): ToolAct => ({ kind: "Result", isError, content: [{ type: "text", text: said(call) }] });

const needsText = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };

/** A tool that does its work and says so. */
export const tool = (name: string, more: Partial<FakeTool> = {}): FakeTool => ({
  name,
  description: `Does ${name}`,
  inputSchema: { type: "object" },
  act: result(false),
  ...more,
});

/** Says of itself that repeating it does no harm. */
export const safely = (made: FakeTool): FakeTool => ({ ...made, annotations: { readOnlyHint: true } });

/** Longer than anything else takes. */
const SLOW_MS = 5_000;

/** One tool of every sort; those that are called `safe…` are safe. */
export const everyTool: FakeTool[] = [
  tool("write", { inputSchema: needsText }),
  tool("slow", { latencyMs: SLOW_MS }),
  tool("fail", { act: result(true) }),
  tool("refuse", { act: () => ({ kind: "Refused", message: "MCP error -32602: Invalid params" }) }),
  tool("confirm", {
    act: () => ({
      kind: "InputRequired",
      requestState: "eyJzdGVwIjoyfQ",
      inputRequests: { confirm: { method: "elicitation/create", params: { message: "Really?" } } },
    }),
  }),
  tool("hang", { act: () => "Hangs" }),
  tool("die", { act: () => "Dies" }),
  // Still on the way when a process is cut in the middle of the call.
  tool("far", { reachMs: 50 }),
  safely(tool("safe")),
  safely(tool("safe_slow", { latencyMs: SLOW_MS })),
  safely(tool("safe_die", { act: () => "Dies" })),
  safely(tool("safe_hang_once", { act: (call) => (call.nth === 1 ? "Hangs" : result(false)(call)) })),
  {
    ...tool("safe_die_once"),
    act: (call) => (call.nth === 1 ? "Dies" : result(false)(call)),
    annotations: { idempotentHint: true },
  },
];
