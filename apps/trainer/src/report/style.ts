/** @file The report's looks. Lines and classes are told apart by people with any colour vision, on both grounds. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #fbfbf9; --ink: #1c1d20; --soft: #5c5f66; --rule: #e3e3de; --card: #fff;
  --c0: #0b61a4; --c1: #c8500a; --c2: #6b4aa8; --c3: #3d7d2b; --right: #2c7a1f; --wrong: #b3261e;
  --k0: #0b61a4; --k1: #d1610f; --k2: #2f7d32; --k3: #b3261e; --k4: #6b4aa8; --k5: #7a4a2b; --k6: #c2278f; --k7: #5f6b76;
  --k8: #8a7a00; --k9: #0e8a8f; }
@media (prefers-color-scheme: dark) { :root { --ground: #16171a; --ink: #ececea; --soft: #a3a6ae; --rule: #33353b;
  --card: #1e2024; --c0: #6cb6f5; --c1: #ff9a57; --c2: #b79cf0; --c3: #8fce7a; --right: #8fce7a; --wrong: #ff8a80;
  --k0: #6cb6f5; --k1: #ff9a57; --k2: #8fce7a; --k3: #ff8a80; --k4: #b79cf0; --k5: #cfa082; --k6: #f58bd0; --k7: #aab5c1;
  --k8: #d8c84a; --k9: #58cdd0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 80px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 22px; margin: 0 0 8px; padding-top: 44px; }
h3 { font-size: 16px; margin: 28px 0 8px; }
p { max-width: 76ch; margin: 0 0 16px; color: var(--soft); }
.lead { font-size: 18px; }
.above { margin: 0 0 6px; }
.note { font-size: 14px; margin: -8px 0 20px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-top: 24px; }
a { color: var(--c0); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 0 32px; margin: 24px 0 0; }
dl div { display: flex; gap: 12px; padding: 7px 0; border-top: 1px solid var(--rule); min-width: 0; }
dt { color: var(--soft); flex: 0 0 96px; }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 16px; }
.smalls { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 230px), 1fr)); gap: 12px; }
figure { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 12px 12px 8px; min-width: 0; }
figcaption { font-size: 14px; color: var(--soft); padding: 0 4px 4px; }
figcaption b { color: var(--ink); margin-right: 6px; }
figcaption em { color: var(--wrong); font-style: normal; }
.small { padding: 8px 8px 4px; }
svg { display: block; width: 100%; height: auto; }
svg text { font-family: system-ui, sans-serif; font-variant-numeric: tabular-nums; }
.keys { display: flex; flex-wrap: wrap; gap: 2px 16px; list-style: none; margin: 4px; padding: 0; font-size: 14px; }
.keys i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px; vertical-align: -1px; }
.keys svg { display: inline-block; width: 24px; height: 10px; margin-right: 6px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 12px; margin: 0 0 20px; }
.tile { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 12px 16px; }
.tile b { display: block; font-size: 28px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: 14px; }
.wide { overflow-x: auto; margin: 0 0 16px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 15px; }
th, td { padding: 5px 18px 5px 0; border-top: 1px solid var(--rule); text-align: left; font-weight: 400; white-space: nowrap; }
thead th { border-top: 0; color: var(--soft); font-size: 14px; }
th span, td span { color: var(--soft); font-size: 14px; }
.list th, .list td { white-space: normal; vertical-align: top; }
.list td { overflow-wrap: anywhere; }
code, pre { font: 13px/1.5 ui-monospace, monospace; }
pre { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 12px; white-space: pre-wrap; overflow-wrap: anywhere; }
details { border-top: 1px solid var(--rule); padding: 8px 0; }
summary { cursor: pointer; }
details[open] summary { margin-bottom: 12px; }
.square { font-size: 14px; }
.square td { width: 46px; min-width: 34px; padding: 4px; text-align: center; border: 1px solid var(--ground);
  background: color-mix(in srgb, var(--c0) var(--share), var(--card)); }
.square td.full { color: var(--ground); }
.square thead th { vertical-align: bottom; padding: 4px; }
.square thead th + th { text-align: center; }
.square thead th + th span { writing-mode: vertical-rl; transform: rotate(180deg); }
.square tbody th { padding: 4px 12px 4px 0; }
.examples { overflow-x: auto; }
.examples div { display: grid; grid-template-columns: 48px 56px 9px repeat(8, 56px) minmax(120px, 1fr); align-items: center;
  gap: 8px; padding: 5px 0; }
.examples b { font-weight: 600; font-variant-numeric: tabular-nums; }
.examples i { width: 1px; height: 56px; background: var(--rule); margin: 0 4px; }
.examples img { display: block; width: 56px; height: 56px; object-fit: contain; border-radius: 4px; background: var(--card); }
.examples span { position: relative; }
.examples span::after { position: absolute; right: -4px; bottom: -4px; width: 18px; height: 18px; border-radius: 9px; font-size: 12px;
  line-height: 18px; text-align: center; font-weight: 700; color: var(--ground); }
.examples .right::after { content: '✓'; background: var(--right); }
.examples .wrong::after { content: '✗'; background: var(--wrong); }
.examples small { color: var(--soft); overflow-wrap: anywhere; line-height: 1.3; }
`;
