/// The style sheet of a report.
enum ReportStyle {
  static let css = """
    :root { color-scheme: light dark; --ink: #1d2126; --dim: #5b6570; --paper: #ffffff; --card: #f4f6f8; --line: #d5dbe1;
      --accent: #1f6fc4; --right: 31, 111, 196; --wrong: 214, 95, 95; }
    @media (prefers-color-scheme: dark) {
      :root { --ink: #e4e8ec; --dim: #9aa5b1; --paper: #14171a; --card: #1d2227; --line: #343b43; --accent: #6cb0f5;
        --right: 76, 141, 214; --wrong: 214, 95, 95; }
    }
    * { box-sizing: border-box; }
    body { margin: 0 auto; max-width: 1320px; padding: 16px; background: var(--paper); color: var(--ink);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
    h1 { font-size: 1.5rem; line-height: 1.25; margin: 8px 0 4px; overflow-wrap: anywhere; }
    h2 { font-size: 1.15rem; margin: 32px 0 8px; padding-bottom: 4px; border-bottom: 1px solid var(--line); }
    p { margin: 6px 0; overflow-wrap: anywhere; }
    .verdict { font-size: 1.05rem; padding: 10px 14px; border-left: 4px solid var(--accent); background: var(--card); }
    .missing { color: var(--dim); }
    .figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(120px, 1fr)); gap: 8px; margin: 12px 0; }
    .figures div { background: var(--card); border-radius: 8px; padding: 8px 12px; }
    .figures dt { color: var(--dim); font-size: .8rem; }
    .figures dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
    .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr)); gap: 12px; }
    .pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(280px, 100%), 1fr)); gap: 12px; }
    figure { margin: 0; background: var(--card); border-radius: 8px; padding: 8px; min-width: 0; }
    figure svg { display: block; width: 100%; height: auto; color: var(--ink); }
    figure img { display: block; width: 100%; height: auto; }
    figcaption { color: var(--dim); font-size: .85rem; margin-top: 6px; overflow-wrap: anywhere; }
    .wide { overflow-x: auto; margin: 8px 0; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
    th, td { padding: 4px 10px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
    th:first-child, td:first-child { text-align: left; }
    thead th { color: var(--dim); font-weight: 600; }
    .matrix td { min-width: 48px; text-align: center; }
    .matrix td.right { background: rgba(var(--right), calc(var(--share) * .75)); }
    .matrix td.wrong { background: rgba(var(--wrong), calc(var(--share) * .75)); }
    details { margin: 8px 0; }
    summary { cursor: pointer; color: var(--accent); }
    .facts { width: 100%; }
    .facts td, details td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
    .facts td:first-child { white-space: nowrap; color: var(--dim); }
    """
}
