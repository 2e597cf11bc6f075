import type { Chart } from "./drawing.ts";

const STYLE = `
  body { font: 16px/1.55 Helvetica, Arial, sans-serif; color: #2b2f36; background: #f4f5f7; margin: 0; }
  main { max-width: 940px; margin: 0 auto; padding: 32px 16px 64px; }
  h1 { font-size: 28px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 0 0 4px; }
  .lead { color: #5b616b; margin: 0 0 24px; }
  section { background: white; border: 1px solid #e3e5e9; border-radius: 10px; padding: 20px 24px; margin: 0 0 20px; }
  section p { color: #5b616b; margin: 0 0 12px; max-width: 76ch; }
  .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 12px; margin: 0 0 20px; }
  .card { background: white; border: 1px solid #e3e5e9; border-radius: 10px; padding: 14px 18px; }
  .card b { display: block; font-size: 22px; } .card span { color: #5b616b; font-size: 14px; }
  .bad b { color: #c0392b; } .good b { color: #1f9d76; }
  svg { max-width: 100%; height: auto; }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
  th, td { text-align: right; padding: 5px 8px; border-bottom: 1px solid #eceef1; } th:first-child, td:first-child { text-align: left; }
  footer { color: #5b616b; font-size: 14px; }
`;

/** A page that refers to nothing outside. `lead`, `title` and `footer` are text, `body` is HTML. */
export interface Page {
  readonly name: string;
  readonly title: string;
  readonly lead: string;
  readonly body: string;
  readonly footer: string;
}

export function renderDocument({ name, title, lead, body, footer }: Page): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(name)}</title><style>${STYLE}</style></head>
<body><main>
<h1>${escape(title)}</h1>
<p class="lead">${escape(lead)}</p>
${body}
<footer>${escape(footer)}</footer>
</main></body></html>
`;
}

export function renderChart({ title, explanation, svg }: Chart): string {
  return renderSection(title, explanation, svg);
}

/** @param content HTML. */
export function renderSection(title: string, explanation: string, content: string): string {
  return `<section><h2>${escape(title)}</h2>${explanation === "" ? "" : `<p>${escape(explanation)}</p>`}${content}</section>`;
}

/** A table of texts; the first column names the row. */
export function renderTable(names: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join("")}</tr>`;
  return `<table>${line(names, "th")}${rows.map((row) => line(row, "td")).join("")}</table>`;
}

export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
