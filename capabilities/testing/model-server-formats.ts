/** Reads a conversation for the script out of each wire format, and says who writes the answer. */
import { createHash } from "node:crypto";
import { writeMessage } from "./fake-anthropic";
import { writeCompletion, writeResponse } from "./fake-openai";
import type { Reply } from "./model-server-fake";
import type { Json, Received } from "./model-server-http";
import { isJson, objectsIn } from "./model-server-http";
import type { Asked } from "./model-server-script";

/** A wire format the scripted model speaks. */
export interface Format {
  read(body: Json): Asked;
  write(reply: Reply, request: Received): unknown;
}

/** The formats by path. */
export const FORMATS: Record<string, Format> = {
  "/v1/chat/completions": {
    read: (body) => asked(body["messages"], chatEvents(body), chatRest(body)),
    write: writeCompletion,
  },
  "/v1/responses": {
    read: (body) => asked(body["input"], responseEvents(body), responseRest(body)),
    write: writeResponse,
  },
  "/v1/messages": {
    read: (body) => asked(body["messages"], messageEvents(body), messageRest(body)),
    write: writeMessage,
  },
};

/** Who spoke, oldest first. */
interface Event {
  who: "user" | "model" | "tool";
  text: string;
}

type Rest = Pick<Asked, "tools" | "outputSchema">;

function asked(conversation: unknown, events: Event[], rest: Rest): Asked {
  const last = events.findLastIndex(({ who }) => who === "user");
  const since = events.slice(last + 1);
  return {
    user: events[last]?.text ?? "",
    turn: since.filter(({ who }) => who === "model").length,
    results: since.filter(({ who }) => who === "tool").map(({ text }) => text),
    digest: createHash("sha256").update(JSON.stringify(conversation)).digest("hex").slice(0, 24),
    ...rest,
  };
}

function chatEvents(body: Json): Event[] {
  const speakers: Record<string, Event["who"]> = { user: "user", assistant: "model", tool: "tool" };
  return objectsIn(body["messages"]).flatMap(({ role, content }) => {
    const who = speakers[String(role)];
    return who === undefined ? [] : [{ who, text: textOf(content) }];
  });
}

function chatRest(body: Json): Rest {
  const tools = objectsIn(body["tools"]).map(({ function: fn }) => toolOf(fn, "parameters"));
  const format = isJson(body["response_format"]) ? body["response_format"]["json_schema"] : undefined;
  return { tools, ...schemaOf(format) };
}

function responseEvents(body: Json): Event[] {
  const events: Event[] = [];
  for (const item of objectsIn(body["input"])) {
    if (item["role"] === "user") events.push({ who: "user", text: textOf(item["content"]) });
    else if (item["type"] === "function_call_output") events.push({ who: "tool", text: textOf(item["output"]) });
    // Reasoning, words and calls of one turn are several items.
    else if (events.at(-1)?.who !== "model") events.push({ who: "model", text: "" });
  }
  return events;
}

function responseRest(body: Json): Rest {
  const tools = objectsIn(body["tools"]).map((tool) => toolOf(tool, "parameters"));
  const format = isJson(body["text"]) ? body["text"]["format"] : undefined;
  return { tools, ...schemaOf(format) };
}

function messageEvents(body: Json): Event[] {
  return objectsIn(body["messages"]).flatMap(({ role, content }): Event[] => {
    if (role === "assistant") return [{ who: "model", text: textOf(content) }];
    return objectsIn(content).map((block) =>
      block["type"] === "tool_result"
        ? { who: "tool", text: textOf(block["content"]) }
        : { who: "user", text: textOf(block["text"]) },
    );
  });
}

function messageRest(body: Json): Rest {
  const tools = objectsIn(body["tools"]).map((tool) => toolOf(tool, "input_schema"));
  const format = isJson(body["output_config"]) ? body["output_config"]["format"] : undefined;
  return { tools, ...schemaOf(format) };
}

function toolOf(tool: unknown, field: string): Asked["tools"][number] {
  const { name, [field]: parameters } = isJson(tool) ? tool : {};
  return { name: typeof name === "string" ? name : "", parameters: isJson(parameters) ? parameters : {} };
}

function schemaOf(format: unknown): Pick<Asked, "outputSchema"> {
  return isJson(format) && isJson(format["schema"]) ? { outputSchema: format["schema"] } : {};
}

/** Text, or the text of a list of parts. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return objectsIn(content)
    .map(({ text }) => (typeof text === "string" ? text : ""))
    .join("");
}
