import { rankingAuc } from "./ranking_auc.ts";

/** Texts whose score falls into a range. */
export interface CalibrationBin {
  /** Least score. */
  readonly from: number;
  /** Score that is not reached, but for 1. */
  readonly to: number;
  /** Number of texts. */
  readonly count: number;
  /** Mean of their scores. */
  readonly predicted: number;
  /** Share of them that is good. */
  readonly observed: number;
}

/** What a threshold would keep. */
export interface ThresholdShare {
  /** Least score that is kept. */
  readonly threshold: number;
  /** Share of all texts that is kept. */
  readonly kept: number;
  /** Share of the kept ones that is good; NaN where none is kept. */
  readonly precision: number;
  /** Share of the good ones that is kept. */
  readonly recall: number;
}

/** How well scores tell good texts. */
export interface QualityReport {
  /** Number of texts. */
  readonly documents: number;
  /** How many of them are good. */
  readonly good: number;
  /** Probability that a good text scores higher than another: .5 is chance. */
  readonly auc: number;
  /** Mean of −log of the probability given to the right label, in nats. */
  readonly logLoss: number;
  /** Log loss of one probability for all: the share of good texts. */
  readonly chanceLogLoss: number;
  /** Ten ranges of scores; those without texts are left out. */
  readonly calibration: readonly CalibrationBin[];
  /** Thresholds .1, .2 … .9. */
  readonly shares: readonly ThresholdShare[];
}

/**
 * Judges scores by labels.
 *
 * @param scores Probabilities of being good, of texts that the scores' model
 * has not seen.
 * @param labels 0 or 1, one a score, both occurring.
 * @returns The report.
 */
export function qualityReport(
  scores: Float64Array,
  labels: Uint8Array,
): QualityReport {
  const documents = labels.length;
  const good = labels.reduce((sum, label) => sum + label, 0);
  const share = good / documents;
  let loss = 0;
  for (let i = 0; i < documents; i++) {
    const right = labels[i] === 1 ? scores[i] : 1 - scores[i];
    loss -= Math.log(Math.max(right, 1e-15));
  }
  return {
    documents,
    good,
    auc: rankingAuc(scores, labels),
    logLoss: loss / documents,
    chanceLogLoss: -share * Math.log(share) -
      (1 - share) * Math.log(1 - share),
    calibration: calibrationOf(scores, labels),
    shares: Array.from(
      { length: 9 },
      (_, i) => shareAt((i + 1) / 10, scores, labels, good),
    ),
  };
}

function calibrationOf(
  scores: Float64Array,
  labels: Uint8Array,
): CalibrationBin[] {
  const bins = Array.from(
    { length: 10 },
    () => ({ count: 0, sum: 0, good: 0 }),
  );
  scores.forEach((score, i) => {
    const bin = bins[Math.min(9, Math.floor(score * 10))];
    bin.count++;
    bin.sum += score;
    bin.good += labels[i];
  });
  return bins.flatMap(({ count, sum, good }, i) =>
    count === 0 ? [] : [{
      from: i / 10,
      to: (i + 1) / 10,
      count,
      predicted: sum / count,
      observed: good / count,
    }]
  );
}

function shareAt(
  threshold: number,
  scores: Float64Array,
  labels: Uint8Array,
  good: number,
): ThresholdShare {
  let kept = 0;
  let keptGood = 0;
  scores.forEach((score, i) => {
    if (score < threshold) return;
    kept++;
    keptGood += labels[i];
  });
  return {
    threshold,
    kept: kept / scores.length,
    precision: keptGood / kept,
    recall: keptGood / good,
  };
}
