import type { Mixture } from "../../data/curate/mixture.ts";
import { formatCount } from "../../data/format.ts";
import { type Column, tableLines } from "./table.ts";

const COLUMNS: readonly Column[] = [
  { title: "source", align: "left" },
  { title: "has", align: "right" },
  { title: "epochs", align: "right" },
  { title: "gives", align: "right" },
  { title: "share", align: "right" },
  { title: "worth", align: "right" },
];

/**
 * A mixture for people: what each source has and gives, in tokens, and what
 * that is worth, repeated as it is, in tokens never seen before.
 *
 * @param mixture What is taken of each source.
 * @returns Lines of a table, the last one for all sources together.
 */
export function mixtureLines(mixture: Mixture): string[] {
  const available = mixture.sources
    .reduce((sum, source) => sum + source.available, 0);
  const rows = mixture.sources.map((source) => [
    source.name,
    formatCount(source.available),
    String(Number(source.epochs.toFixed(2))),
    formatCount(source.tokens),
    `${(source.share * 100).toFixed(1)} %`,
    formatCount(source.effective),
  ]);
  return tableLines(COLUMNS, [...rows, [
    "all",
    formatCount(available),
    "",
    formatCount(mixture.tokens),
    "",
    formatCount(mixture.effective),
  ]]);
}
