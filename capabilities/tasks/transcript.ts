/** The conversation's beginning, and what an answer says. Pure: the one place that knows how a task's words become messages. */
import type { Message, TaskSpec } from "../../crds/index";

/**
 * The context window a task starts with: what the task gives, after the agent's system prompt, unless the task brings
 * a system prompt of its own.
 */
export function openingOf(task: TaskSpec, system: string): Message[] {
  const given: Message[] = task.contextWindow ?? [{ role: "user", content: task.userMessage ?? "" }];
  return given.some(({ role }) => role === "system") ? given : [{ role: "system", content: system }, ...given];
}

/**
 * The results of tool calls that nobody can carry out, because the agent offers no such tools: one message per call, in
 * the order asked, in words that the model can act upon.
 */
export function unknownToolResults(answer: Message): Message[] {
  return (answer.toolCalls ?? []).map((call) => ({
    role: "tool",
    toolCallId: call.id,
    content: `Error: there is no tool named "${call.function.name}". No tools are available; answer without them.`,
  }));
}

/**
 * How many answers were of no use, empty or unfit for the outputSchema, and so left no message: those received, less those that stand in the conversation after what the task itself
 * brought. Failed calls are not among them, so patience with a model is not used up by the network.
 */
export function uselessAnswers(
  task: TaskSpec,
  { turns, conversation }: { turns: number; conversation: Message[] },
): number {
  const answersIn = (messages: Message[]): number => messages.filter(({ role }) => role === "assistant").length;
  return Math.max(0, turns - answersIn(conversation) + answersIn(task.contextWindow ?? []));
}

export function isBlank(text: string | undefined): boolean {
  return (text ?? "").trim() === "";
}
