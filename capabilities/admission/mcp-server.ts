/**
 * What a schema cannot see about an MCPServer: names and values that nothing could be started or sent with are faults;
 * what works, but hardly as it was meant, is a warning. Pure. It never repeats a value, which may be a secret.
 */
import type { MCPServerSpec, NamedValue } from "../../crds/index";

/** Ends of the sentence "MCPServer "x" in namespace "y" cannot be used: …", and whole warnings. */
export interface Findings {
  faults: string[];
  warnings: string[];
}

/** What is to be said of an MCPServer. */
export function examine(spec: MCPServerSpec): Findings {
  const { command, args = [], env = [], url, headers = [] } = spec;
  return {
    faults: [
      ...faultsOfTexts("spec.command", [command ?? ""]),
      ...faultsOfTexts("spec.args", args),
      ...env.flatMap(faultsOfVariable),
      ...headers.flatMap(faultsOfHeader),
      ...sameHeaders(headers),
    ],
    warnings: [
      ...(command === undefined ? [] : warningsOfCommand(command)),
      ...(url === undefined ? [] : warningsOfAddress(url)),
      ...env.flatMap((value) => plainSecret("spec.env", value, SECRET_VARIABLE)),
      ...headers.flatMap((value) => plainSecret("spec.headers", value, SECRET_HEADER)),
    ],
  };
}

/** A NUL ends a C string, so the system refuses to start a program with one (execve(2)). */
function faultsOfTexts(field: string, texts: readonly string[]): string[] {
  return texts.some((text) => text.includes("\0")) ? [`${field} contains a NUL character. Remove it.`] : [];
}

/** What the environment of a program can hold: `name=value`, ended by NUL (environ(7)). */
function faultsOfVariable({ name, value = "" }: NamedValue): string[] {
  if (/[=\0]/.test(name)) {
    const hint = name.includes("=") ? " Give the part behind = in value." : "";
    return [`"${printable(name)}" in spec.env is no name of an environment variable: it contains = or NUL.${hint}`];
  }
  return faultsOfTexts(`spec.env "${name}"`, [value]);
}

/** `token`, RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What a field value can hold: visible characters, blanks and tabs, and bytes above ASCII; RFC 9110 section 5.5. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function faultsOfHeader({ name, value = "" }: NamedValue): string[] {
  if (!TOKEN.test(name)) {
    return [
      `"${printable(name)}" in spec.headers is no name of an HTTP header: use letters, digits and -, without blanks or colon.`,
    ];
  }
  if (FIELD_VALUE.test(value)) return [];
  return [
    `The value of "${name}" in spec.headers has a line break or another character that no HTTP header can carry. Remove it.`,
  ];
}

/** Names of headers are the same whatever the case of their letters; a schema only sees that they differ. */
function sameHeaders(headers: readonly NamedValue[]): string[] {
  const first = new Map<string, string>();
  return headers.flatMap(({ name }) => {
    const earlier = first.get(name.toLowerCase());
    first.set(name.toLowerCase(), earlier ?? name);
    return earlier === undefined || earlier === name
      ? []
      : [`"${earlier}" and "${name}" in spec.headers are the same HTTP header. Remove one.`];
  });
}

/** A whole command line in `command` would be looked for as one program of that name. */
function warningsOfCommand(command: string): string[] {
  const [program = "", ...words] = command.trim().split(/\s+/);
  if (words.length === 0) return [];
  // A path may well contain blanks; then no word after the first looks like an option.
  const isPath = program.includes("/") && !words.some((word) => word.startsWith("-"));
  if (isPath) return [];
  return [
    `spec.command is the name of one program, and no shell splits it: give only "${printable(program)}" there and the other words in spec.args.`,
  ];
}

/** Whoever may read the object reads its address; so do logs of proxies on the way. */
function warningsOfAddress(url: string): string[] {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed) return [];
  const has = [
    ...(parsed.username || parsed.password ? ["a user name or password"] : []),
    ...[...parsed.searchParams.keys()]
      .filter((name) => SECRET_VARIABLE.test(name))
      .map((name) => `"${printable(name)}"`),
  ];
  if (has.length === 0) return [];
  return [
    `spec.url contains ${has.join(" and ")}, which everybody can read who may read this object. Put it into a Secret and send it with spec.headers and valueFrom.secretKeyRef.`,
  ];
}

/** Names that end in a word for something secret. KEY needs a word of its own before it: a monkey is none. */
const SECRET_VARIABLE = /(^|[-_.]|api|access|private)key$|(token|secret|password|passwd|passphrase)$/i;
const SECRET_HEADER = new RegExp(`^(proxy-)?authorization$|^cookie$|${SECRET_VARIABLE.source}`, "i");

function plainSecret(field: string, { name, value }: NamedValue, secretNames: RegExp): string[] {
  if (!value || !secretNames.test(name)) return [];
  return [
    `${field} "${printable(name)}" is given in plain text, which everybody can read who may read this object. Put it into a Secret and use valueFrom.secretKeyRef.`,
  ];
}

/** A name as a person can read it in a sentence: short, and without characters that are not seen. */
function printable(name: string): string {
  const text = name.replace(/\p{Cc}/gu, "?");
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}
