/**
 * What the page looks like, as HTML: the log-in, the board of open and answered questions, one question on its own. It reads
 * nothing but what it is given.
 */
import type { Markup } from "./markup";
import { html } from "./markup";
import { answeredCard, openCard, substance } from "./page-cards";
import type { OpenPage } from "./open-questions";
import type { Session } from "./sessions";
import type { Entry } from "./store";

/** What the board shows. */
export interface Board {
  open: OpenPage;
  /** The place behind which `open` begins; none for the newest. */
  before?: number;
  answered: Entry[];
  revision: string;
}

/** The form with which people come in. */
export function loginPage(given: { fault?: string; name?: string; email?: string } = {}): Markup {
  return layout(
    "Log in",
    html`<main class="narrow">
      <h1>People in the loop</h1>
      <p>Agents ask here before they act, and when they need to know something.</p>
      ${given.fault !== undefined && html`<p class="fault" role="alert">${given.fault}</p>`}
      <form class="card" method="post" action="/login">
        <label for="key">Key of this server</label>
        <input id="key" name="key" type="password" required autocomplete="current-password" />
        <label for="name">Your name</label>
        <input id="name" name="name" required maxlength="200" autocomplete="name" value="${given.name}" />
        <label for="email">Your email address (optional)</label>
        <input id="email" name="email" type="email" maxlength="200" autocomplete="email" value="${given.email}" />
        <p class="hint">
          Your name goes with every answer you give. The key is in the file that the server named when it started.
        </p>
        <div class="buttons"><button class="main">Log in</button></div>
      </form>
    </main>`,
  );
}

/** Everything that is open, and what was answered last. */
export function boardPage(session: Session, board: Board, notice: string | undefined): Markup {
  return layout(
    `${board.open.total > 0 ? `(${board.open.total}) ` : ""}People in the loop`,
    html`${header(session)}
      <main>
        <p id="notice" role="status" tabindex="-1">${notice}</p>
        <p id="connection" role="status"></p>
        <div id="board" data-revision="${board.revision}" data-before="${board.before}">
          ${boardBody(session, board)}
        </div>
      </main>`,
  );
}

/** The part of the board that is fetched again. */
export function boardBody(session: Session, { open, answered }: Board): Markup {
  return html`<section aria-labelledby="open-title">
      <h2 id="open-title">Waiting for you (${open.total})</h2>
      <div id="open">
        ${open.newer > 0 && pages(open, "above")} ${open.entries.map((entry) => openCard(session, entry, "board"))}
        ${open.total === 0 &&
        html`<div class="empty" id="empty" data-version="0">
          <p><strong>Nothing is waiting.</strong></p>
          <p>What agents ask appears here by itself.</p>
        </div>`}
        ${open.total > open.entries.length && pages(open, "below")}
      </div>
    </section>
    <section aria-labelledby="answered-title">
      <h2 id="answered-title">Answered</h2>
      <div id="answered">
        ${answered.map(answeredCard)}
        ${answered.length === 0 && html`<p id="none-answered" data-version="0">Nothing yet.</p>`}
      </div>
    </section>`;
}

/** Which of the open ones are shown, and the way to all others. Its version changes with whatever it says. */
function pages({ entries, total, newer, older, back, oldest }: OpenPage, where: "above" | "below"): Markup {
  const range = `${newer + 1} to ${newer + entries.length} of ${total}, newest first`;
  const said = entries.length === 0 ? `None of these is waiting any more; ${newer} newer ones are.` : `${range}.`;
  const link = (text: string, before: number | undefined): Markup =>
    html`<a href="/${before !== undefined && `?before=${before}`}">${text}</a>`;
  const version = [newer, entries.length, total, older, back, oldest].join(" ");
  return html`<nav id="pages-${where}" aria-label="Pages, ${where} the questions" data-version="${version}">
    <span>${said}</span> ${newer > 0 && html`${link("Newest", undefined)} ${link("Newer", back)}`}
    ${older !== undefined && html`${link("Older", older)} ${link("Oldest", oldest)}`}
  </nav>`;
}

/** One question, whole. `refused` is what was wrong with an answer just given, and the words that came with it. */
export function questionPage(session: Session, entry: Entry, refused?: { fault: string; words: string }): Markup {
  const isOpen = entry.item.status.responded_at === null;
  return layout(
    entry.item.call_id,
    html`${header(session)}
      <main>
        <p><a href="/">All questions</a></p>
        ${isOpen
          ? openCard(session, entry, "alone", refused)
          : html`${answeredCard(entry)}${substance(entry, "alone")}`}
      </main>`,
  );
}

/** A page that says one thing. */
export function plainPage(title: string, sentence: string): Markup {
  return layout(
    title,
    html`<main class="narrow">
      <h1>${title}</h1>
      <p>${sentence}</p>
      <p><a href="/">All questions</a></p>
    </main>`,
  );
}

function layout(title: string, body: Markup): Markup {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="stylesheet" href="/page.css" />
        <script src="/page.js" defer></script>
      </head>
      <body>
        ${body}
      </body>
    </html> `;
}

function header({ person, csrf }: Session): Markup {
  const who = person.email === undefined ? person.name : `${person.name} (${person.email})`;
  return html`<header>
    <h1>People in the loop</h1>
    <form method="post" action="/logout">
      <input type="hidden" name="csrf" value="${csrf}" />
      <span>You answer as <strong>${who}</strong></span>
      <button>Log out</button>
    </form>
  </header>`;
}
