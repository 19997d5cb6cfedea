/** The page's style sheet: readable in light and dark, on a phone and with a keyboard. No other file of the page has looks in it. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f4f5f7; --card: #ffffff; --text: #1b1f24; --quiet: #59636e; --line: #d0d7de; --code: #f0f2f5;
  --main: #0b5cad; --yes: #17683a; --no: #b3261e; --urgent: #8a4600;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --card: #1d2127; --text: #e8eaed; --quiet: #a9b1ba; --line: #3b424b; --code: #14171b;
    --main: #2f74c0; --yes: #2a7d4c; --no: #c4423a; --urgent: #f0b060;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
header { background: var(--card); border-bottom: 1px solid var(--line); padding: .75rem max(1rem, calc(50vw - 24rem));
  display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between; }
header h1 { font-size: 1.125rem; margin: 0; }
header form { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center; color: var(--quiet); font-size: .9rem; }
header strong { color: var(--text); overflow-wrap: anywhere; }
header button { min-height: 2.25rem; padding: .25rem .75rem; }
main { max-width: 50rem; margin: 0 auto; padding: 1rem 1rem 4rem; }
main.narrow { max-width: 28rem; padding-top: 8vh; }
h2 { font-size: 1rem; margin: 1.75rem 0 .75rem; color: var(--quiet); }
h3 { font-size: 1.0625rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
p { margin: 0 0 .75rem; }
a { color: var(--main); }
@media (prefers-color-scheme: dark) { a:not(.button) { color: #7db4ee; } }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .925em; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem 1.125rem; margin: 0 0 1rem; }
.card > :last-child, .card form > :last-child { margin-bottom: 0; }
.meta, .hint { color: var(--quiet); font-size: .875rem; overflow-wrap: anywhere; }
.meta > span:not(:last-child)::after { content: " ·"; }
.substance { background: var(--code); border-radius: .375rem; padding: .75rem; margin: 0 0 .75rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
p.message { background: none; padding: 0; font-size: 1.0625rem; }
.urgent { color: var(--urgent); overflow-wrap: anywhere; }
.over { padding: .75rem 1.125rem; border-left: .25rem solid var(--main); }
.over.approved { border-left-color: var(--yes); }
.over.rejected { border-left-color: var(--no); }
.over h3 { font-size: 1rem; font-weight: 600; }
.over p { margin-bottom: .25rem; overflow-wrap: anywhere; }
.said { white-space: pre-wrap; }
.stale { border-color: var(--urgent); }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; margin: 0 0 1rem; color: var(--quiet); }
nav a { padding: .375rem 0; }
.empty { text-align: center; padding: 2.5rem 1rem; border: 1px dashed var(--line); border-radius: .5rem; color: var(--quiet); }
.empty p { margin: 0; }
label { display: block; font-weight: 600; font-size: .9375rem; margin: .75rem 0 .25rem; }
input:not([type="hidden"]), textarea { display: block; width: 100%; padding: .5rem .625rem; font: inherit; color: inherit;
  background: var(--card); border: 1px solid var(--quiet); border-radius: .375rem; }
textarea { resize: vertical; }
:is(input, textarea) + :is(.hint, .fault) { margin-top: .5rem; }
.card > label:first-child { margin-top: 0; }
.buttons { display: flex; flex-wrap: wrap; gap: .625rem; margin-top: .75rem; }
button, .button { display: inline-block; min-height: 2.75rem; padding: .5rem 1.125rem; font: inherit; font-weight: 600;
  color: var(--text); background: var(--card); border: 1px solid var(--quiet); border-radius: .375rem; cursor: pointer;
  text-decoration: none; overflow-wrap: anywhere; }
.main:is(button, a), .yes, .no { color: #ffffff; border-color: transparent; }
.main:is(button, a) { background: var(--main); }
.yes { background: var(--yes); }
.no { background: var(--no); }
button:hover, .button:hover { filter: brightness(1.1); }
button:disabled { opacity: .55; cursor: default; }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
#notice:not(:empty) { background: var(--card); border: 1px solid var(--line); border-left: .25rem solid var(--main);
  border-radius: .375rem; padding: .75rem 1rem; overflow-wrap: anywhere; }
#notice:empty, #connection:empty, .fault:empty { display: none; }
.fault, #connection { color: var(--no); font-weight: 600; }
@media (prefers-color-scheme: dark) { .fault, #connection { color: #ff8f86; } }
@media (max-width: 30rem) { .buttons > * { flex: 1 1 auto; text-align: center; } }
`;
