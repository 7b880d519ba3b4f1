/** @file The report's looks. The four line colours are told apart by people with any colour vision, on both grounds. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #fbfbf9; --ink: #1c1d20; --soft: #61646b; --rule: #e3e3de; --card: #fff;
  --c0: #0b61a4; --c1: #c8500a; --c2: #6b4aa8; --c3: #3d7d2b; --wrong: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ground: #16171a; --ink: #ececea; --soft: #9da0a8; --rule: #303237;
  --card: #1e2024; --c0: #6cb6f5; --c1: #ff9a57; --c2: #b79cf0; --c3: #8fce7a; --wrong: #ff8a80; } }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 80px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -.01em; }
h2 { font-size: 21px; margin: 48px 0 8px; }
h3 { font-size: 16px; margin: 32px 0 4px; }
p { max-width: 72ch; margin: 0 0 16px; color: var(--soft); }
.lead { font-size: 18px; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 0 32px; margin: 24px 0 0; }
dl div { display: flex; gap: 12px; padding: 7px 0; border-top: 1px solid var(--rule); min-width: 0; }
dt { color: var(--soft); flex: 0 0 96px; }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); gap: 16px; }
svg { width: 100%; height: auto; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; font-variant-numeric: tabular-nums; }
svg .title { fill: var(--ink); font-size: 14px; font-weight: 600; }
svg .title .label { fill: var(--soft); font-size: 12px; font-weight: 400; }
svg .key { fill: var(--ink); }
.grid { stroke: var(--rule); }
.axis { stroke: var(--soft); }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.line0 { stroke: var(--c0); } .line1 { stroke: var(--c1); stroke-dasharray: 7 3; }
.line2 { stroke: var(--c2); stroke-dasharray: 2 3; } .line3 { stroke: var(--c3); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 12px; margin: 0 0 20px; }
.tile { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 12px 16px; }
.tile b { display: block; font-size: 28px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: 14px; }
.examples { overflow-x: auto; }
.examples div { display: flex; align-items: center; gap: 8px; padding: 6px 0; }
.examples i { width: 1px; height: 56px; background: var(--rule); margin: 0 8px; flex: none; }
.examples img { width: 64px; height: 64px; object-fit: contain; border-radius: 4px; background: var(--card); flex: none; }
.examples .wrong { opacity: .55; border-bottom: 3px solid var(--wrong); box-sizing: border-box; }
`;
