/**
 * What a tool asks of a person before it goes on (`input_required`, protocol 2026-07-28), as one question; and a person's
 * answer to it, as the tool wants it back. Forms and addresses to visit are for people; what is asked of a model or of a
 * file system is for nobody here. Pure.
 */
import type { Decided } from "../../crds/index";
import { isRecord, recordOf } from "../runtime/json";
import type { Field } from "./answer-fields";
import { exampleOf, fieldsOf, flagIn } from "./answer-fields";
import type { Contents } from "./answer-words";
import { contentsIn, putTogether, withDefaults, wordsFor, yesTo } from "./answer-words";
import type { Arguments, JsonSchema } from "./arguments";

/** What a person is asked. */
export type Questions =
  /** Words are wanted: JSON of the schema, or plainer ones where the form is simple (see `respondTo`). */
  | { kind: "Form"; message: string; schema: JsonSchema }
  /** Something is to be done; approving says that it was, rejecting that it will not be. */
  | { kind: "Confirm"; message: string }
  /** Nobody can be asked this; why, as a sentence without its full stop. */
  | { kind: "Unsupported"; why: string };

/** What goes back to the tool, or what is wrong with the answer, for the person who gave it. */
export type Responses = { kind: "Responses"; inputResponses: Record<string, unknown> } | { kind: "Unfit"; why: string };

/** What a person answered. `words`: with Respond, the answer. */
export interface Answer {
  decision: Decided;
  words?: string;
}

/** Says whether JSON text fits a schema. */
export type Check = Pick<Arguments, "check">;

/** A form that a person is to fill in, under the tool's name for it. */
interface Form {
  key: string;
  message: string;
  schema: JsonSchema;
}

/** An address that a person is to visit. */
type Visit = Omit<Form, "schema">;

/** All that one tool asks at once. */
type Asked = { kind: "Asked"; forms: Form[]; visits: Visit[] } | { kind: "Unsupported"; why: string };

/** The one question that `inputRequests` of a tool are; several forms are one object with a property each. */
export function readQuestions(inputRequests: Record<string, unknown>): Questions {
  const asked = read(inputRequests);
  if (asked.kind === "Unsupported") return asked;
  const { forms, visits } = asked;
  const message = messageOf([...visits, ...forms]);
  return forms.length === 0 ? { kind: "Confirm", message } : { kind: "Form", message, schema: schemaOf(forms) };
}

/** Whether a yes is an answer: nothing is asked but to go on, or what is asked takes a yes for one. */
export function isApprovable(inputRequests: Record<string, unknown>, checker: Check): boolean {
  return respondTo(inputRequests, { decision: "Approve" }, checker).kind === "Responses";
}

/**
 * What goes back for an answer. Reject declines everything. Approve confirms, and means yes where yes or no is all that is
 * asked. Respond is JSON of the schema of `readQuestions`; where one thing is asked, also that one thing in plain words; where
 * several are, also lines of `name=value`. What fits is said by `checker`.
 */
export function respondTo(inputRequests: Record<string, unknown>, answer: Answer, checker: Check): Responses {
  const asked = read(inputRequests);
  if (asked.kind === "Unsupported") return { kind: "Unfit", why: asked.why };
  if (answer.decision === "Reject") return declined(inputRequests);
  const { forms } = asked;
  const fields = forms.flatMap(({ key, schema }) => fieldsOf(key, schema));
  if (fields.length === 0) return confirmed(inputRequests, forms, answer);
  const keys = forms.map(({ key }) => key);
  const said = answer.decision === "Approve" ? yesTo(fields) : contentsIn(answer.words ?? "", keys, fields);
  if (said.kind === "Unfit") return unfit(said.why, { forms, fields, checker });
  const contents = withDefaults(said.contents, keys, fields);
  const why = misfit(contents, forms, checker);
  return why === undefined ? accepted(inputRequests, contents) : unfit(why, { forms, fields, checker });
}

function read(inputRequests: Record<string, unknown>): Asked {
  const forms: Form[] = [];
  const visits: Visit[] = [];
  for (const [key, request] of Object.entries(inputRequests)) {
    const { method, params } = recordOf(request);
    const why = method === "elicitation/create" ? elicited(key, recordOf(params), { forms, visits }) : foreign(method);
    if (why !== undefined) return { kind: "Unsupported", why };
  }
  if (forms.length + visits.length === 0) return { kind: "Unsupported", why: "the tool asks nothing" };
  return { kind: "Asked", forms, visits };
}

function foreign(method: unknown): string {
  if (method === "sampling/createMessage") return "the tool asks for the answer of a model, which no person can give";
  if (method === "roots/list") return "the tool asks for folders to work in, and there are none";
  return `the tool asks for something unknown (${String(method).slice(0, 64)})`;
}

/** Files one question; what is wrong with it when it cannot be put. */
function elicited(
  key: string,
  params: Record<string, unknown>,
  { forms, visits }: { forms: Form[]; visits: Visit[] },
): string | undefined {
  const { mode = "form", message = "", requestedSchema, url } = params;
  const words = typeof message === "string" ? message.trim() : "";
  switch (mode) {
    case "form":
      if (!isRecord(requestedSchema)) return "the tool asks for an answer and does not say of which form";
      forms.push({ key, message: words, schema: requestedSchema });
      return undefined;
    case "url":
      if (typeof url !== "string" || !/^https?:\/\//i.test(url))
        return "the tool sends people to what is no web address";
      visits.push({ key, message: `${words === "" ? "Please visit" : words} ${url}` });
      return undefined;
    default:
      return "the tool asks in a way that is unknown";
  }
}

/** Of several questions each says its name, for the answers go by the names. */
function messageOf(questions: Visit[]): string {
  const [first] = questions;
  if (first && questions.length === 1) return first.message;
  return questions.map(({ key, message }) => `${key}: ${message}`).join("\n");
}

function schemaOf(forms: Form[]): JsonSchema {
  const [first] = forms;
  if (first && forms.length === 1) return first.schema;
  const properties = Object.fromEntries(forms.map(({ key, schema }) => [key, schema]));
  return { type: "object", properties, required: forms.map(({ key }) => key) };
}

function declined(inputRequests: Record<string, unknown>): Responses {
  const answers = Object.keys(inputRequests).map((key) => [key, { action: "decline" }]);
  return { kind: "Responses", inputResponses: Object.fromEntries(answers) as Record<string, unknown> };
}

/** Addresses are accepted without content: what was done there, the tool knows. */
function accepted(inputRequests: Record<string, unknown>, contents: Contents): Responses {
  const answers = Object.keys(inputRequests).map((key) => {
    const content = contents[key];
    return [key, { action: "accept", ...(content && { content }) }];
  });
  return { kind: "Responses", inputResponses: Object.fromEntries(answers) as Record<string, unknown> };
}

/** Nothing is asked but to go on. */
function confirmed(inputRequests: Record<string, unknown>, forms: Form[], answer: Answer): Responses {
  const isYes = answer.decision === "Approve" || flagIn(answer.words ?? "");
  if (isYes === undefined) {
    return { kind: "Unfit", why: "No words are asked for. Approve when it is done, reject when it will not be." };
  }
  const empty = Object.fromEntries(forms.map(({ key }) => [key, {}]));
  return isYes ? accepted(inputRequests, empty) : declined(inputRequests);
}

/** What the schema has against an answer; undefined when it fits, or when only the tool can tell. */
function misfit(contents: Contents, forms: Form[], checker: Check): string | undefined {
  const [first] = forms;
  const whole = first && forms.length === 1 ? contents[first.key] : contents;
  const fit = checker.check(JSON.stringify(whole), schemaOf(forms));
  switch (fit.kind) {
    case "Fits":
    case "Unchecked":
      return undefined;
    case "Unfit":
      return fit.why.replace(/(^|; )arguments/g, "$1answer"); // The checker speaks of what it mostly checks.
    case "Hostile":
      return "The tool's own form takes too long to be checked";
  }
}

/** What is wrong, with an answer that would be right where one can be made up. */
function unfit(why: string, { forms, fields, checker }: { forms: Form[]; fields: Field[]; checker: Check }): Responses {
  const needed = fields.filter(({ isRequired }) => isRequired);
  const shown = needed.length > 0 ? needed : fields;
  const example = putTogether(shown.map((field) => [field, exampleOf(field)]));
  const keys = forms.map(({ key }) => key);
  const isRight = misfit(withDefaults(example, keys, []), forms, checker) === undefined;
  const added = isRight ? ` A right answer is, for example: ${wordsFor(example, fields)}` : "";
  return { kind: "Unfit", why: `${why}.${added}` };
}
