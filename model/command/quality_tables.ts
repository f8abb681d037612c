import type { QualityReport } from "../../data/curate/quality/quality_report.ts";
import { type Column, tableLines } from "./table.ts";

const CALIBRATION: readonly Column[] = [
  { title: "score", align: "left" },
  { title: "texts", align: "right" },
  { title: "mean score", align: "right" },
  { title: "good", align: "right" },
];

const SHARES: readonly Column[] = [
  { title: "threshold", align: "left" },
  { title: "kept", align: "right" },
  { title: "good of kept", align: "right" },
  { title: "kept of good", align: "right" },
];

/**
 * How well a classifier tells good texts, for people.
 *
 * @param report Of texts that it has not seen.
 * @returns Lines: the sums, then what scores mean, then what thresholds keep.
 */
export function qualityLines(report: QualityReport): string[] {
  const { documents, good, auc, logLoss, chanceLogLoss } = report;
  return [
    `${documents} texts, ${good} of them good`,
    `AUC       ${auc.toFixed(3)} (chance .5)`,
    `log loss  ${logLoss.toFixed(3)} (chance ${chanceLogLoss.toFixed(3)})`,
    "",
    ...tableLines(
      CALIBRATION,
      report.calibration.map(({ from, to, count, predicted, observed }) => [
        `${from.toFixed(1)} … ${to.toFixed(1)}`,
        String(count),
        predicted.toFixed(3),
        observed.toFixed(3),
      ]),
    ),
    "",
    ...tableLines(
      SHARES,
      report.shares.map(({ threshold, kept, precision, recall }) => [
        threshold.toFixed(1),
        percent(kept),
        percent(precision),
        percent(recall),
      ]),
    ),
  ];
}

function percent(share: number): string {
  return Number.isNaN(share) ? "" : `${(share * 100).toFixed(1)} %`;
}
