/** The conversation's beginning, and what an answer says. Pure: the one place that knows how a task's words become messages. */
import type { Message, TaskSpec } from "../../crds/index";

/**
 * The context window a task starts with: what the task gives, after the agent's system prompt, unless the task brings
 * a system prompt of its own.
 */
export function openingOf(task: TaskSpec, system: string): Message[] {
  const given = givenTo(task);
  return bringsSystem(given) ? given : [{ role: "system", content: system }, ...given];
}

/** How many messages the opening of a task has, whatever its agent says: what follows them is the task's own work. */
export function openingLength(task: TaskSpec): number {
  const given = givenTo(task);
  return bringsSystem(given) ? given.length : given.length + 1;
}

function givenTo(task: TaskSpec): Message[] {
  return task.contextWindow ?? [{ role: "user", content: task.userMessage ?? "" }];
}

function bringsSystem(given: Message[]): boolean {
  return given.some(({ role }) => role === "system");
}

/**
 * How many answers were of no use, empty or unfit for the outputSchema, and so left no message: those received, less
 * those that stand in the conversation after what the task itself brought. Failed calls are not among them, so patience
 * with a model is not used up by the network.
 */
export function uselessAnswers(
  task: TaskSpec,
  { turns, conversation }: { turns: number; conversation: Message[] },
): number {
  const answersIn = (messages: Message[]): number => messages.filter(({ role }) => role === "assistant").length;
  return Math.max(0, turns - answersIn(conversation) + answersIn(task.contextWindow ?? []));
}

/** Whether a text says nothing. */
export function isBlank(text: string | undefined): boolean {
  return (text ?? "").trim() === "";
}
