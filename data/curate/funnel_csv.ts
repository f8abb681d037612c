import { stringify } from "@std/csv";
import { type Funnel, sumOf } from "./funnel.ts";
import type { Amount } from "./step_tally.ts";

const COLUMNS = [
  "stage",
  "step",
  "reason",
  "documents",
  "bytes",
  "tokens_estimated",
];

/**
 * The funnel as CSV: a row for what was read and what is left, by source, and
 * for what each step took in, rewrote, dropped by reason and gave on.
 *
 * @param funnel What became of the documents.
 * @returns CSV with a heading.
 */
export function funnelCsv(funnel: Funnel): string {
  const tokens = (bytes: number): string =>
    funnel.tokensPerByte === null
      ? ""
      : String(Math.round(bytes * funnel.tokensPerByte));
  const row = (
    stage: string,
    step: string,
    reason: string,
    { documents, bytes }: Amount,
  ): string[] => [
    stage,
    step,
    reason,
    String(documents),
    String(bytes),
    tokens(bytes),
  ];
  const rows = [
    ...funnel.sources.map((source) => row("read", source.name, "", source)),
    ...funnel.sources.flatMap(({ name, skipped }) =>
      Object.entries(skipped).map(([reason, documents]) => [
        "skipped",
        name,
        reason,
        String(documents),
        "",
        "",
      ])
    ),
    ...funnel.steps.flatMap((step) => [
      row("in", step.label, "", step.in),
      ...Object.entries(step.dropped).map(([reason, amount]) =>
        row("dropped", step.label, reason, amount)
      ),
      row("out", step.label, "", step.out),
    ]),
    ...Object.entries(funnel.leftOf).map(([name, amount]) =>
      row("left", name, "", amount)
    ),
    row("left", "", "", sumOf(Object.values(funnel.leftOf))),
  ];
  return stringify([COLUMNS, ...rows]);
}
