/**
 * Tool: something an agent can do that needs no MCP server: a function, a call of an API, a container, another agent.
 */
import * as columns from "./columns";
import { computeResources, namedValues, reference } from "./common";
import { define } from "./define";
import { statusOf } from "./status";
import type { Schema } from "./schema";
import * as s from "./schema";

const functionBlock: Schema = s.object(
  "You have JavaScript run in a sandbox without network, files or clock; time and memory are bounded.",
  "{source: 'return args.a + args.b'}",
  {
    source: s.spokenText(
      "the source",
      "You give the body of a function of args whose return value is the result.",
      "return args.a + args.b",
    ),
  },
  { title: "FunctionTool", required: ["source"] },
);

const api: Schema = s.object(
  "You have an HTTP API called; url, query, headers and body are templates over args.",
  "{method: GET, url: 'https://api.example.com/users/{{args.id}}'}",
  {
    method: s.choice("You choose the HTTP method.", "GET", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
    url: s.text("You give the address, a template over args.", "https://api.example.com/users/{{args.id}}", {
      maxLength: s.URL_TEXT,
      "x-kubernetes-validations": [
        s.rule("self.startsWith('http://') || self.startsWith('https://')", "must start with http:// or https://"),
      ],
    }),
    headers: namedValues("You give headers; take credentials from Secrets.", {
      name: "Authorization",
      value: "Bearer abc",
      secret: "api",
    }),
    query: {
      description:
        "You give the query of the address, a template over args for each name. Example: `{q: '{{args.words}}'}`.",
      type: "object",
      maxProperties: 64,
      additionalProperties: { type: "string", maxLength: 4_096 },
    },
    body: s.text("You give the body, a template over args.", '{"words": "{{args.words}}"}', { maxLength: s.LONG_TEXT }),
    followRedirects: s.flag("You allow that a redirect is followed; it is refused when you say nothing.", "true"),
    allowPrivateAddresses: s.flag(
      "You allow addresses inside your own network, such as those of Services; they are refused when you say nothing.",
      "true",
    ),
  },
  { title: "APITool", required: ["method", "url"] },
);

const words = (about: string, example: string): Schema =>
  s.list(about, example, { type: "string", maxLength: 16_384 }, { maxItems: 256 });

const container: Schema = s.object(
  "You have a container run for every call; its output is the result.",
  "{image: busybox, command: [date]}",
  {
    image: s.text("You name the container image.", "busybox:1.37", {
      minLength: 1,
      maxLength: 512,
    }),
    command: words("You replace the image's entry point.", "[date]"),
    args: words("You give the arguments of the command.", "[--utc]"),
    env: namedValues("You give environment variables; take credentials from Secrets.", {
      name: "MODE",
      value: "fast",
      secret: "tool",
    }),
    resources: computeResources("You bound what the container may use."),
  },
  { title: "ContainerTool", required: ["image"] },
);

const implementations: Record<string, Schema> = {
  function: functionBlock,
  api,
  container,
  agent: reference("Agent", "You have another agent do the work, under a name of your own.", "researcher"),
};

const annotations: Schema = s.object(
  "You say what a call does to the world, so that the operator knows what is safe to repeat.",
  "{readOnly: true}",
  {
    readOnly: s.flag("You promise that a call changes nothing; it may then be repeated after a crash.", "true"),
    idempotent: s.flag(
      "You promise that two equal calls do no more than one; it may then be repeated after a crash.",
      "true",
    ),
    destructive: s.flag("You warn that a call may destroy something.", "false"),
  },
  { title: "ToolAnnotations" },
);

const spec: Schema = {
  title: "ToolSpec",
  description:
    "You say here what the tool is for and how a call is carried out. Example: `{description: Adds two numbers., function: {source: 'return args.a + args.b'}}`.",
  type: "object",
  properties: {
    description: s.spokenText(
      "the description",
      "You tell the model what the tool does and when to use it.",
      "Adds two numbers",
    ),
    parameters: s.anyObject(
      "You give the JSON Schema of the arguments.",
      "{type: object, properties: {a: {type: number}, b: {type: number}}}",
    ),
    annotations,
    approvalContactChannel: reference(
      "ContactChannel",
      "You have every call wait for a person, who is asked over this channel.",
      "approval-channel",
    ),
    timeout: s.duration("You say how long one call may take.", "30s"),
    ...implementations,
  },
  required: ["description"],
  "x-kubernetes-validations": [
    s.rule(
      `[${Object.keys(implementations)
        .map((name) => `has(self.${name})`)
        .join(", ")}].filter(given, given).size() == 1`,
      "give exactly one of function, api, container and agent: it says how a call is carried out",
    ),
  ],
};

/** The definition of the kind. */
export const tool = define({
  kind: "Tool",
  plural: "tools",
  description: "A Tool is something agents can do: a function, a call of an API, a container, or another agent.",
  columns: [
    columns.ready,
    columns.status,
    columns.detail,
    columns.wide("Type", ".status.type", "How a call is carried out."),
    columns.age,
  ],
  spec,
  status: {
    title: "ToolStatus",
    ...statusOf(
      {
        type: s.choice("You read how a call is carried out.", "Function", ["Function", "API", "Container", "Agent"]),
      },
      {
        statusDetail:
          "This version of KubeChain keeps tools but does not run them yet: the object waits, and agents that name it wait too.",
      },
    ),
  },
});
