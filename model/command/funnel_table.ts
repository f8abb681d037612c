import { type Funnel, sumOf } from "../../data/curate/funnel.ts";
import type { Amount } from "../../data/curate/step_tally.ts";
import { formatBytes, formatCount } from "../../data/format.ts";
import { type Column, tableLines } from "./table.ts";

/** Reasons named of a step. */
const MAX_REASONS = 4;

const COLUMNS: readonly Column[] = [
  { title: "step", align: "left" },
  { title: "documents", align: "right" },
  { title: "bytes", align: "right" },
  { title: "tokens (estimated)", align: "right" },
  { title: "share", align: "right" },
  { title: "why", align: "left" },
];

/**
 * A funnel for people: what was read, what each step dropped and why, and what
 * is left.
 *
 * @param funnel What became of the documents.
 * @returns Lines of a table.
 */
export function funnelLines(funnel: Funnel): string[] {
  const { sources, read, steps, left, tokensPerByte } = funnel;
  const row = (
    name: string,
    { documents, bytes }: Amount,
    why: string,
    sign = "",
  ): string[] => [
    name,
    documents === 0 ? "0" : sign + formatCount(documents),
    bytes === 0 ? "0 B" : sign + formatBytes(bytes),
    tokensPerByte === null ? "" : formatCount(bytes * tokensPerByte),
    `${(100 * bytes / Math.max(1, read.bytes)).toFixed(1)} %`,
    why,
  ];
  const skipped = sources.flatMap((source) => Object.entries(source.skipped))
    .map(([reason, count]) => `${formatCount(count)} skipped: ${reason}`);
  return tableLines(COLUMNS, [
    row("read", read, skipped.join(", ")),
    ...steps.map((step) => {
      const dropped = Object.entries(step.dropped)
        .sort(([, a], [, b]) => b.documents - a.documents);
      const named = dropped.slice(0, MAX_REASONS).map(([reason, amount]) =>
        `${reason} ${formatCount(amount.documents)}`
      );
      const others = dropped.length - named.length;
      const why = [
        ...named,
        ...(others > 0 ? [`${others} more`] : []),
        ...(step.rewritten > 0
          ? [`rewrote ${formatCount(step.rewritten)}`]
          : []),
      ];
      const amount = sumOf(Object.values(step.dropped));
      return row(step.label, amount, why.join(", "), "−");
    }),
    row("left", left, ""),
  ]);
}
