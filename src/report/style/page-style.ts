/** Colours, type and layout of the page. Colours are checked for contrast AA on both grounds. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: #fbfaf7; --raised: #ffffff; --ink: #16191f; --ink-2: #464c58; --ink-3: #666c78;
  --rule: #dedbd3; --grid: #ebe8e1;
  --one: #0067a5; --two: #b34700; --three: #5d6470; --three-solid: #00775a;
  --good: #006b50; --bad: #a83d00; --good-wash: #e3f1ec; --bad-wash: #fbeadf; --mark-ground: #f1efe9;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #101216; --raised: #181b21; --ink: #eef0f3; --ink-2: #b7bdc8; --ink-3: #8f96a3;
    --rule: #2c313a; --grid: #22262e;
    --one: #5db8f0; --two: #f0a050; --three: #a3abb8; --three-solid: #3cc79c;
    --good: #4fd0a7; --bad: #ff9a5c; --good-wash: #12302a; --bad-wash: #3a2315; --mark-ground: #1d2128;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0; background: var(--ground); color: var(--ink); overflow-wrap: anywhere;
  font: 16px/1.55 Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  font-variant-numeric: tabular-nums lining-nums; -webkit-font-smoothing: antialiased;
}
main, footer { max-width: 1200px; margin: 0 auto; padding: 0 32px; }
h1, h2, p, ul, dl, dd, figure, pre { margin: 0; padding: 0; }
ul { list-style: none; }
a { color: inherit; }
code, pre { font-family: var(--mono); font-size: 0.86em; font-variant-ligatures: none; }
:focus-visible { outline: 2px solid var(--one); outline-offset: 3px; border-radius: 3px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 16px; top: 16px; background: var(--raised); padding: 8px 14px; }
.patterns { position: absolute; }

.masthead { padding: 72px 0 44px; }
.overline { color: var(--ink-3); font-size: 14px; letter-spacing: 0.01em; }
.overline span { margin: 0 6px; color: var(--rule); }
h1 { font-size: clamp(34px, 5vw, 54px); line-height: 1.08; letter-spacing: -0.03em; font-weight: 650; margin-top: 10px; }
h1 .version { font-weight: 400; color: var(--ink-3); letter-spacing: -0.02em; white-space: nowrap; }
.lede { max-width: 68ch; margin-top: 18px; font-size: 18px; color: var(--ink-2); }
.lede em { font-style: normal; color: var(--ink); font-weight: 550; }
.verdict { display: flex; gap: 8px 28px; align-items: baseline; margin-top: 28px; padding: 14px 20px; border-radius: 8px; }
.verdict.yes { background: var(--good-wash); } .verdict.no { background: var(--bad-wash); }
.verdict p { font-weight: 650; font-size: 17px; white-space: nowrap; }
.verdict.yes p { color: var(--good); } .verdict.no p { color: var(--bad); }
.verdict ul { display: flex; flex-wrap: wrap; gap: 2px 26px; font-size: 14.5px; color: var(--ink-2); }
.headline { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 48px; align-items: end; margin-top: 48px; }
.hero-value { font-size: clamp(76px, 10vw, 124px); line-height: 0.95; letter-spacing: -0.055em; font-weight: 570; margin: 10px 0 12px -0.04em; }
.tile-label { display: block; font-size: 13.5px; color: var(--ink-2); }
.tile-note { display: block; font-size: 13px; color: var(--ink-3); }
.tiles-title { margin-top: 44px; font-size: 13.5px; font-weight: 600; color: var(--ink); }
.tiles-title span { margin-left: 10px; font-weight: 400; color: var(--ink-3); }
.tiles { display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); margin-top: 12px; border-top: 1px solid var(--ink); }
.tiles li { padding: 14px 16px 4px 0; }
.tile-value { display: block; font-size: 28px; line-height: 1.3; letter-spacing: -0.025em; font-weight: 560; }
.tile-value.good { color: var(--good); } .tile-value.bad { color: var(--bad); }
.facts { display: flex; flex-wrap: wrap; gap: 10px 40px; margin-top: 40px; font-size: 13.5px; color: var(--ink-2); }
.facts div { display: flex; gap: 10px; align-items: baseline; min-width: 0; }
.facts dt { color: var(--ink-3); white-space: nowrap; }

nav { border-top: 1px solid var(--rule); border-bottom: 1px solid var(--rule); }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 13px 0; font-size: 13px; }
nav a { color: var(--ink-2); text-decoration: none; white-space: nowrap; }
nav a:hover { color: var(--one); text-decoration: underline; text-underline-offset: 3px; }

section { padding: 64px 0 56px; border-top: 1px solid var(--rule); scroll-margin-top: 8px; }
nav + section { border-top: 0; }
section > header { margin-bottom: 30px; }
h2 { font-size: 26px; line-height: 1.2; letter-spacing: -0.02em; font-weight: 630; }
.tiles-title { letter-spacing: 0; line-height: 1.5; }
.finding { max-width: 76ch; margin-top: 7px; font-size: 17px; color: var(--ink-2); }
.convention { max-width: 110ch; margin-top: 24px; font-size: 13px; color: var(--ink-3); }
.absent { padding: 20px 0; color: var(--ink-2); }
.absent code { display: inline-block; padding: 1px 8px; border-radius: 4px; background: var(--mark-ground); color: var(--ink); }
figcaption { font-size: 14px; font-weight: 600; margin-bottom: 12px; }
.pair { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 48px; align-items: start; }

.table { overflow-x: auto; position: relative; }
.table.scrolls { max-height: 372px; overflow-y: auto; margin-top: 22px; border-bottom: 1px solid var(--rule); }
.table.narrow { max-width: 820px; }
.pair + .table { margin-top: 28px; }
table { overflow-wrap: normal; width: 100%; border-collapse: separate; border-spacing: 0; font-size: 14px; line-height: 1.4; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: 7px 14px 7px 0; text-align: left; vertical-align: middle; border-bottom: 1px solid var(--grid); white-space: nowrap; }
tbody th { font-weight: 500; white-space: normal; min-width: 13ch; }
th.number, td.number { text-align: right; }
th:last-child, td:last-child { padding-right: 2px; }
td.number + td.text, th.number + th.text { padding-left: 14px; }
thead th { position: sticky; top: 0; z-index: 1; background: var(--ground); font-size: 13px; font-weight: 500; color: var(--ink-3); border-bottom: 1px solid var(--ink-3); }
thead button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; text-align: inherit; }
thead button:hover { color: var(--one); }
thead button::after { content: "↕"; margin-left: 3px; opacity: 0; }
thead button:hover::after, thead button:focus-visible::after { opacity: 0.7; }
@media (hover: none) { thead button::after { opacity: 0.45; } }
th.number button::after { content: none; }
th.number button::before { content: "↕"; margin-right: 3px; opacity: 0; }
th.number button:hover::before, th.number button:focus-visible::before { opacity: 0.7; }
@media (hover: none) { th.number button::before { opacity: 0.45; } }
th[aria-sort] button { color: var(--ink); }
th.text[aria-sort=ascending] button::after, th.number[aria-sort=ascending] button::before { content: "↑"; opacity: 1; }
th.text[aria-sort=descending] button::after, th.number[aria-sort=descending] button::before { content: "↓"; opacity: 1; }
tbody tr:hover th, tbody tr:hover td { background: var(--mark-ground); }
.quiet { color: var(--ink-3); }
.badge { white-space: nowrap; font-size: 13px; color: var(--ink-3); }
.badge.passed { color: var(--good); } .badge.drift { color: var(--bad); font-weight: 600; }
.badge.unresolved, .badge.missing { color: var(--ink); }
.changed { color: var(--bad); font-weight: 600; }

.key { display: flex; flex-wrap: wrap; gap: 8px 30px; margin-bottom: 20px; font-size: 14px; }
.key li { display: flex; align-items: center; gap: 8px; }
.key.states { display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 8px 24px; }
.key.states li { align-items: flex-start; line-height: 1.4; }
.key.states svg { flex: none; margin-top: 1px; }
.key b { font-weight: 600; }
.key span { color: var(--ink-3); font-size: 13px; }
.hashes { display: grid; gap: 14px; font-size: 14px; }
.hashes dt { color: var(--ink-3); font-size: 13px; }
pre { padding: 18px 20px; border-radius: 8px; background: var(--mark-ground); white-space: pre-wrap; line-height: 1.8; }
.command::before { content: "$ "; color: var(--ink-3); user-select: none; }
footer { padding-top: 28px; padding-bottom: 56px; font-size: 13px; color: var(--ink-3); }
#tip { position: fixed; z-index: 9; max-width: min(340px, calc(100vw - 16px)); padding: 7px 11px; border-radius: 6px; background: var(--ink); color: var(--ground); font-size: 13px; line-height: 1.4; pointer-events: none; }
#tip[hidden] { display: none; }

@media (max-width: 1180px) { .tiles { grid-template-columns: repeat(3, minmax(0, 1fr)); row-gap: 14px; } }
@media (max-width: 900px) {
  .pair, .headline { grid-template-columns: minmax(0, 1fr); }
  .verdict { flex-direction: column; }
}
@media (max-width: 600px) {
  body { font-size: 15px; }
  main, footer { padding: 0 22px; }
  .masthead { padding: 36px 0 30px; }
  .lede { font-size: 16px; }
  .verdict ul { flex-direction: column; }
  .headline { gap: 28px; margin-top: 36px; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .tile-value { font-size: 25px; }
  .facts { flex-direction: column; gap: 8px; }
  tbody th, thead th:first-child { position: sticky; left: 0; z-index: 2; background: var(--ground); }
  nav ul { flex-wrap: nowrap; overflow-x: auto; }
  section { padding: 44px 0 40px; }
  h2 { font-size: 23px; }
  .finding { font-size: 16px; }
  .key.states { grid-template-columns: minmax(0, 1fr); gap: 8px; }
  .key.states br { display: none; }
  .key.states span { margin-left: 6px; }
}
@media print {
  :root { --ground: #fff; --mark-ground: #f4f4f2; }
  body { font-size: 12px; }
  nav, #tip, .skip { display: none; }
  .masthead { padding-top: 0; }
  section { padding: 26px 0 20px; }
  figure, tr, .verdict, .tiles, .hashes, pre { break-inside: avoid; }
  section > header { break-after: avoid; }
  .table, .table.scrolls { max-height: none; overflow: visible; }
  thead th { position: static; }
  thead th button::before, thead th button::after { content: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
