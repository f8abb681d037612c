import { escapeXml } from "../escape_xml.ts";
import { formatBytes, formatCount } from "../format.ts";
import type { Funnel } from "./funnel.ts";
import type { Amount, StepCounts } from "./step_tally.ts";

const WIDTH = 960;
const MARGIN = 24;
/** Where names end and bars begin. */
const BARS = 230;
const BAR_WIDTH = 430;
const ROW = 46;
const BAR = 20;
const TOP = 78;
/** Reasons named under a bar. */
const MAX_REASONS = 3;
/** Characters that fit under a bar at the font's size. */
const MAX_LABEL = 110;
/** Characters of a name that fit before the bars. */
const MAX_NAME = 28;

/**
 * Draws the funnel: a bar for what was read and one for what each step left,
 * by bytes, with what the step dropped in another colour and its commonest
 * reasons below.
 *
 * @param funnel What became of the documents.
 * @param title Stands above, for instance the corpus' name.
 * @returns An SVG picture in a file of its own.
 */
export function funnelSvg(funnel: Funnel, title: string): string {
  const { read, steps, left, tokensPerByte } = funnel;
  const scale = BAR_WIDTH / Math.max(1, read.bytes);
  const rows = [
    row(0, scale, "read", read, null),
    ...steps.map((step, i) => row(i + 1, scale, step.label, step.out, step)),
  ];
  const height = TOP + rows.length * ROW + MARGIN;
  const tokens = tokensPerByte === null
    ? ""
    : `, about ${formatCount(left.bytes * tokensPerByte, "tokens")}`;
  const share = read.bytes === 0 ? 0 : left.bytes / read.bytes;
  const summary = `${amountText(left)} of ${amountText(read)} left ` +
    `(${percent(share)} of the bytes)${tokens}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
    `viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(MARGIN, 34, 18, "#1a1a1a", title),
    text(MARGIN, 56, 13, "#555555", summary),
    ...rows,
    "</svg>",
    "",
  ].join("\n");
}

function row(
  index: number,
  scale: number,
  name: string,
  out: Amount,
  step: StepCounts | null,
): string {
  const y = TOP + index * ROW;
  const kept = out.bytes * scale;
  const dropped = step === null
    ? []
    : Object.entries(step.dropped).sort(([, a], [, b]) =>
      b.documents - a.documents
    );
  const gone = dropped.reduce((sum, [, { bytes }]) => sum + bytes, 0) * scale;
  const goneDocuments = dropped
    .reduce((sum, [, { documents }]) => sum + documents, 0);
  const beside = goneDocuments === 0
    ? amountText(out)
    : `${amountText(out)}  (−${formatCount(goneDocuments)})`;
  return [
    `<text x="${BARS - 12}" y="${y + 15}" font-size="13" fill="#1a1a1a" ` +
    `text-anchor="end">${escapeXml(shortened(name, MAX_NAME))}</text>`,
    bar(BARS, y, kept, "#2f6f9f"),
    bar(BARS + kept, y, gone, "#e0a458"),
    // Rewriting may make texts longer than what was read.
    text(
      BARS + Math.max(BAR_WIDTH, kept + gone) + 14,
      y + 15,
      13,
      "#1a1a1a",
      beside,
    ),
    ...(step === null ? [] : [text(
      BARS,
      y + BAR + 15,
      11,
      "#777777",
      shortened(reasonsText(step, dropped), MAX_LABEL),
    )]),
  ].join("\n");
}

function reasonsText(
  step: StepCounts,
  dropped: readonly (readonly [string, Amount])[],
): string {
  const named = dropped.slice(0, MAX_REASONS)
    .map(([reason, { documents }]) => `${reason} ${formatCount(documents)}`);
  const others = dropped.length - named.length;
  return [
    ...named,
    ...(others > 0 ? [`${others} more`] : []),
    ...(step.rewritten > 0 ? [`rewrote ${formatCount(step.rewritten)}`] : []),
  ].join(", ") || "dropped nothing";
}

function bar(x: number, y: number, width: number, color: string): string {
  return `<rect x="${x.toFixed(1)}" y="${y}" width="${
    width.toFixed(1)
  }" height="${BAR}" fill="${color}"/>`;
}

function text(
  x: number,
  y: number,
  size: number,
  color: string,
  content: string,
): string {
  return `<text x="${x.toFixed(1)}" y="${y}" font-size="${size}" ` +
    `fill="${color}">${escapeXml(content)}</text>`;
}

function amountText({ documents, bytes }: Amount): string {
  return `${formatCount(documents)} documents, ${formatBytes(bytes)}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function shortened(content: string, most: number): string {
  return content.length <= most ? content : `${content.slice(0, most - 1)}…`;
}
