/**
 * What a conversation with a model looks like in the cluster, where a person writes it and where the operator keeps it.
 */
import type { Schema } from "./schema";
import * as s from "./schema";

/** The bounds of a conversation: tight where a person writes it, never in the way where the operator stores it. */
export interface ConversationBounds {
  text: number;
  /** Of ids and tool names, which come from a model and may be anything. */
  word: number;
  messages: number;
  toolCalls: number;
  rules: boolean;
}

/** Bounds of what people write. */
export const writtenByPeople: ConversationBounds = {
  text: s.LONG_TEXT,
  word: 256,
  messages: 1_000,
  toolCalls: 128,
  rules: true,
};
/** Bounds that never refuse what was said. */
export const storedByOperator: ConversationBounds = {
  text: s.STORED_TEXT,
  word: s.STORED_TEXT,
  messages: 100_000,
  toolCalls: 10_000,
  rules: false,
};

const requestedFunction = (bounds: ConversationBounds): Schema =>
  s.object(
    "You find here what is to be called.",
    '{name: fetch__fetch, arguments: \'{"url": "https://example.com"}\'}',
    {
      name: s.text("You give the tool's name as the model saw it.", "fetch__fetch", { maxLength: bounds.word }),
      arguments: s.text("You give the arguments as the JSON text the model wrote.", '{"url": "https://example.com"}', {
        maxLength: bounds.text,
      }),
    },
    { required: ["name", "arguments"] },
  );

/** One tool call a model asked for, as recorded in its message. */
export const toolCallRequest = (bounds: ConversationBounds): Schema => ({
  title: "ToolCallRequest",
  type: "object",
  properties: {
    id: s.text("You give the call's id, unique in the conversation.", "call_7PCkM1y2", {
      minLength: 1,
      maxLength: bounds.word,
    }),
    type: s.choice("You write function; there is no other type.", "function", ["function"]),
    function: requestedFunction(bounds),
  },
  required: ["id", "type", "function"],
});

/** A provider's own form of a message, kept where the neutral form would lose something the API demands back. */
export const nativeContent: Schema = s.object(
  "You leave this to the operator: it is the provider's own form of the message, sent back unchanged to the same API and model.",
  "{api: anthropic.messages, model: claude-sonnet-4-5, value: []}",
  {
    api: s.text("You find here which API wrote the value.", "anthropic.messages", { maxLength: 64 }),
    model: s.text("You find here which model wrote the value.", "claude-sonnet-4-5"),
    value: s.anyJson("You find here the content as the provider sent it.", "[{type: thinking, signature: EqQB}]"),
  },
  { title: "NativeContent", required: ["api", "model", "value"] },
);

/** One message of a conversation. */
export const message = (bounds: ConversationBounds): Schema => ({
  title: "Message",
  type: "object",
  properties: {
    role: s.choice("You say who speaks.", "user", ["system", "user", "assistant", "tool"]),
    content: s.text(
      "You give the words; they may be empty where an assistant only calls tools.",
      "What is the capital of the moon?",
      {
        maxLength: bounds.text,
      },
    ),
    toolCalls: s.list(
      "You list the tools an assistant asked for, in its order.",
      "[{id: call_7PCkM1y2, type: function, function: {name: fetch__fetch, arguments: '{}'}}]",
      toolCallRequest(bounds),
      { maxItems: bounds.toolCalls },
    ),
    toolCallId: s.text("You say which tool call a message of role tool answers.", "call_7PCkM1y2", {
      maxLength: bounds.word,
    }),
    name: s.text("You may name the speaker, or the tool that answers.", "fetch__fetch", { maxLength: bounds.word }),
    native: nativeContent,
  },
  required: ["role", "content"],
  ...(bounds.rules ? { "x-kubernetes-validations": messageRules } : {}),
});

const messageRules = [
  s.rule(
    "self.role != 'tool' || has(self.toolCallId)",
    "a message of role tool needs toolCallId: the id of the tool call it answers",
  ),
  s.rule("self.role == 'tool' || !has(self.toolCallId)", "only a message of role tool may have toolCallId"),
  s.rule("self.role == 'assistant' || !has(self.toolCalls)", "only a message of role assistant may have toolCalls"),
];

/** A whole conversation, oldest message first. */
export const conversation = (about: string, bounds: ConversationBounds, more: Schema = {}): Schema =>
  s.list(about, "[{role: user, content: What is the capital of the moon?}]", message(bounds), {
    maxItems: bounds.messages,
    ...more,
  });
