/**
 * The cards of the page: one question, open or answered, as HTML. A question that is too long for the board has no buttons
 * there: it can only be answered where all of it is shown.
 */
import type { Item, Json, Option } from "./items";
import { isJson, optionsOf, outcomeOf, textOr, whoOf } from "./items";
import type { Markup } from "./markup";
import { html, visible } from "./markup";
import type { Session } from "./sessions";
import type { Entry } from "./store";

/** What is shown of a question on the board; more is a page of its own. */
const SHOWN_CHARACTERS = 4_000;
const SHOWN_LINES = 80;
const SUMMARY_CHARACTERS = 160;

/** Among others, cut where it is too long; or alone, and whole. */
export type Place = "board" | "alone";

/** A question that waits, with the form to answer it. `refused`: what was wrong with an answer just given, and its words. */
export function openCard(
  session: Session,
  entry: Entry,
  place: Place,
  refused?: { fault: string; words: string },
): Markup {
  const { kind, item, escalations } = entry;
  const id = idOf(entry);
  return html`<article class="card" id="${id}" data-version="${escalations.length}" aria-labelledby="${id}-title">
    <h3 id="${id}-title">${titleOf(entry)}</h3>
    <p class="meta">
      ${channelOf(item.spec)}<span>${aboutOf(item)}</span> <span>${item.call_id}</span>
      <span>since ${moment(item.status.requested_at)}</span>
    </p>
    ${substance(entry, place)} ${slackNote(item.spec)}
    ${escalations.map(
      ({ at, escalation }) =>
        html`<p class="urgent">
          <strong>Urgent</strong> (${moment(at)}): ${visible(textOr(escalation["escalation_msg"], ""))}
        </p>`,
    )}
    ${place === "board" && isLong(textOf(entry))
      ? html`<p><a class="button main" href="/question/${kind}/${item.call_id}">Read all of it and answer</a></p>`
      : isNotice(entry)
        ? noticeForm(session, entry)
        : answerForm(session, entry, refused)}
  </article>`;
}

function titleOf(entry: Entry): Markup {
  const { kind, item } = entry;
  if (kind === "function_call") return html`May <code>${visible(textOr(item.spec["fn"], "it"))}</code> be executed?`;
  const title = isNotice(entry) ? "For your information" : "A question for you";
  return html`${visible(textOr(item.spec["subject"], title))}`;
}

/** KubeChain's operator says in `state` which object asks; others only give a run. */
function aboutOf({ run_id, spec }: Item): string {
  const state = isJson(spec["state"]) ? spec["state"] : {};
  const [kind, namespace, name] = ["kind", "namespace", "name"].map((field) => textOr(state[field], ""));
  return visible(kind && namespace && name ? `${kind} ${namespace}/${name}` : `run ${run_id}`);
}

/** The final answer of a Task, by which the operator tells people and asks nothing: the protocol has no word for that. */
function isNotice({ kind, item }: Entry): boolean {
  const { state } = item.spec;
  return (
    kind === "human_contact" && isJson(state) && state["kind"] === "Task" && optionsOf(kind, item.spec).length === 0
  );
}

/** What is asked: the arguments of a call, or the message. */
export function substance(entry: Entry, place: Place): Markup {
  const all = textOf(entry);
  const shown = place === "board" && isLong(all) ? cut(all) : all;
  const left = all.length - shown.length;
  const body =
    entry.kind === "function_call"
      ? html`<pre class="substance" aria-label="Arguments">${shown}</pre>`
      : html`<p class="substance message">${shown}</p>`;
  return html`${body}${left > 0 && html`<p class="hint">Cut here: ${left} more characters follow.</p>`}`;
}

function textOf({ kind, item }: Entry): string {
  if (kind === "function_call") return visible(JSON.stringify(item.spec["kwargs"], null, 2));
  return visible(textOr(item.spec["msg"], "").replaceAll("\r\n", "\n"));
}

function isLong(text: string): boolean {
  return text.length > SHOWN_CHARACTERS || text.split("\n").length > SHOWN_LINES;
}

function cut(text: string): string {
  return text.split("\n").slice(0, SHOWN_LINES).join("\n").slice(0, SHOWN_CHARACTERS);
}

function channelOf(spec: Json): Markup | undefined {
  const channel = isJson(spec["channel"]) ? spec["channel"] : {};
  const of = (name: string, field: string): string | undefined =>
    isJson(channel[name]) ? visible(textOr(channel[name][field], "whoever installed the app")) : undefined;
  const reached = [
    ["email", of("email", "address")],
    ["Slack", of("slack", "channel_or_user_id")],
    ["SMS", of("sms", "phone_number")],
    ["WhatsApp", of("whatsapp", "phone_number")],
  ].flatMap(([name, address]) => (address === undefined ? [] : [`${name} ${address}`]));
  return reached.length === 0 ? undefined : html`<span>for ${reached.join(", ")}</span> `;
}

function slackNote(spec: Json): Markup | undefined {
  const channel = isJson(spec["channel"]) ? spec["channel"] : {};
  const allowed = isJson(channel["slack"]) ? channel["slack"]["allowed_responder_ids"] : undefined;
  if (!Array.isArray(allowed)) return undefined;
  return html`<p class="hint">
    On Slack only ${visible(allowed.join(", "))} may answer. This page stands in for Slack and knows nobody's Slack id:
    whoever has the key can answer here, under the name they gave.
  </p>`;
}

function hiddenFields({ csrf }: Session, { kind, item }: Entry): Markup {
  return html`<input type="hidden" name="csrf" value="${csrf}" />
    <input type="hidden" name="kind" value="${kind}" />
    <input type="hidden" name="call_id" value="${item.call_id}" />`;
}

/** Nobody waits for an answer; the button only takes it from the list. */
function noticeForm(session: Session, entry: Entry): Markup {
  return html`<form method="post" action="/answer">
    ${hiddenFields(session, entry)}<input type="hidden" name="words" value="Seen." />
    <p class="fault" role="alert"></p>
    <div class="buttons"><button class="main" name="choice" value="respond">Seen</button></div>
  </form>`;
}

function answerForm(session: Session, entry: Entry, refused?: { fault: string; words: string }): Markup {
  const { kind, item } = entry;
  const id = idOf(entry);
  const isCall = kind === "function_call";
  const options = optionsOf(kind, item.spec);
  return html`<form method="post" action="/answer">
    ${hiddenFields(session, entry)} ${options.map(described)}
    <label for="${id}-words">${isCall ? "Comment (the agent is told)" : "Your answer"}</label>
    <textarea id="${id}-words" name="words" rows="${isCall ? 2 : 3}">${refused && `\n${refused.words}`}</textarea>
    <p class="fault" role="alert">${refused?.fault}</p>
    <div class="buttons">
      ${isCall
        ? html`<button class="yes" name="choice" value="approve">Approve</button>
            <button class="no" name="choice" value="reject">Reject</button>`
        : html`<button class="main" name="choice" value="respond">Respond</button>`}
      ${options.map(
        (option) => html`<button name="choice" value="option:${option.name}">${visible(option.title)}</button>`,
      )}
    </div>
  </form>`;
}

function described({ title, description, interactive }: Option): Markup | undefined {
  if (description === undefined && !interactive) return undefined;
  const wants = interactive ? " (with words of yours)" : "";
  const means = description === undefined ? "" : `: ${visible(description)}`;
  return html`<p class="hint"><strong>${visible(title)}</strong>${wants}${means}</p>`;
}

/** What became of a question. */
export function answeredCard(entry: Entry): Markup {
  const { kind, item } = entry;
  const { status, spec } = item;
  const said = textOr(status["comment"], textOr(status["response"], ""));
  const about =
    kind === "function_call" ? textOr(spec["fn"], "it") : textOr(spec["msg"], "").slice(0, SUMMARY_CHARACTERS);
  const outcome = outcomeOf(item);
  return html`<article class="card over ${outcome}" id="${idOf(entry)}-answered" data-version="0">
    <h3>${visible(about)}</h3>
    <p class="outcome">
      <strong>${outcome.charAt(0).toUpperCase()}${outcome.slice(1)}</strong> by ${visible(whoOf(item))}${" "}
      ${moment(status.responded_at ?? status.requested_at)}
    </p>
    ${said !== "" && html`<p class="said">${visible(said)}</p>`}
    <p class="meta"><a href="/question/${kind}/${item.call_id}">${item.call_id}</a></p>
  </article>`;
}

function idOf({ kind, item }: Entry): string {
  return `${kind}/${item.call_id}`;
}

function moment(iso: string): Markup {
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`;
}
