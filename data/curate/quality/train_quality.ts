import { InputError } from "../../input_error.ts";
import { Random } from "../../random.ts";
import type { LabelledText } from "./labelled_text.ts";
import { fitLogistic, logOdds } from "./logistic_regression.ts";
import { fitPlatt } from "./platt_scaling.ts";
import type { QualityModel } from "./quality_classifier.ts";
import { type QualityReport, qualityReport } from "./quality_report.ts";
import { rankingAuc } from "./ranking_auc.ts";
import { TrainingTexts } from "./training_texts.ts";

/** How a classifier is trained. */
export interface QualityTraining {
  /** Longest run of words that counts, 1 … 5. @default 2 */
  readonly ngrams?: number;
  /** Runs are counted in 2^bits buckets, 8 … 24. @default 18 */
  readonly bits?: number;
  /** Strength of ½·l2·‖w‖² against the sum of all losses. @default 0.03 */
  readonly l2?: number;
  /** How often all texts are gone through. @default 20 */
  readonly epochs?: number;
  /** Parts in which the texts are held out in turn, 2 … 20. @default 5 */
  readonly folds?: number;
  /**
   * Texts of each label at most; of more a random sample is taken.
   * @default 50_000
   */
  readonly maxPerLabel?: number;
  /** Seed of everything that is drawn. @default 1 */
  readonly seed?: number;
  /** Is told what is being done. */
  readonly onProgress?: (message: string) => void;
}

/** A classifier, and how good it is. */
export interface TrainedQuality {
  /** Fitted to all texts. */
  readonly model: QualityModel;
  /**
   * Of texts while they were held out: each was scored by a model and scaled by
   * a calibration fitted without it.
   */
  readonly heldOut: QualityReport;
  /** AUC of each fold while it was held out. */
  readonly foldAucs: readonly number[];
  /** Texts that stood twice and count once. */
  readonly duplicates: number;
  /** Texts offered, whether taken or not. */
  readonly offered: number;
}

/**
 * Trains a classifier of texts in the manner of fastText (Joulin et al., "Bag
 * of Tricks for Efficient Text Classification", arXiv:1607.01759), with hashed
 * runs of words but without a hidden layer: logistic regression on them. Scores
 * are made probabilities by Platt's scaling, fitted to held-out scores of a
 * cross-validation, which also gives the report. The same texts in the same
 * order and the same seed give the same bits.
 *
 * @param texts With labels.
 * @param options Sizes, penalty, seed.
 * @returns The classifier with its report.
 * @throws {InputError} If there are fewer texts of a label than folds.
 */
export async function trainQuality(
  texts: AsyncIterable<LabelledText>,
  options: QualityTraining = {},
): Promise<TrainedQuality> {
  const { folds = 5, seed = 1, l2 = 0.03, epochs = 20 } = options;
  const features = { ngrams: options.ngrams ?? 2, bits: options.bits ?? 18 };
  const taken = new TrainingTexts({
    features,
    maxPerLabel: options.maxPerLabel ?? 50_000,
    seed,
  });
  for await (const text of texts) {
    taken.offer(text);
    if (taken.offered % 1000 === 0) {
      options.onProgress?.(`read ${taken.offered} texts`);
    }
  }
  const { vectors, labels, duplicates } = taken.list();
  checkCounts(labels, folds);
  const foldOf = stratifiedFolds(labels, folds, new Random(`${seed}/folds`));
  const fit = (places: readonly number[], name: string) =>
    fitLogistic(
      places.map((place) => vectors[place]),
      Uint8Array.from(places, (place) => labels[place]),
      { dimensions: 2 ** features.bits, l2, epochs, seed: `${seed}/${name}` },
    );
  const all = vectors.map((_, i) => i);
  const odds = new Float64Array(vectors.length);
  const foldAucs: number[] = [];
  for (let fold = 0; fold < folds; fold++) {
    options.onProgress?.(`trains without part ${fold + 1} of ${folds}`);
    const model = fit(all.filter((i) => foldOf[i] !== fold), `fold/${fold}`);
    const held = all.filter((i) => foldOf[i] === fold);
    for (const i of held) odds[i] = logOdds(model, vectors[i]);
    foldAucs.push(rankingAuc(
      Float64Array.from(held, (i) => odds[i]),
      Uint8Array.from(held, (i) => labels[i]),
    ));
  }
  options.onProgress?.("trains with all texts");
  return {
    model: {
      features,
      linear: fit(all, "all"),
      scaling: fitPlatt(odds, labels),
    },
    heldOut: qualityReport(heldOutScores(odds, labels, foldOf, folds), labels),
    foldAucs,
    duplicates,
    offered: taken.offered,
  };
}

/** Each fold's scores, scaled by what was fitted to the others'. */
function heldOutScores(
  odds: Float64Array,
  labels: Uint8Array,
  foldOf: Uint8Array,
  folds: number,
): Float64Array {
  const scores = new Float64Array(odds.length);
  for (let fold = 0; fold < folds; fold++) {
    const { slope, offset } = fitPlatt(
      odds.filter((_, i) => foldOf[i] !== fold),
      labels.filter((_, i) => foldOf[i] !== fold),
    );
    odds.forEach((value, i) => {
      if (foldOf[i] !== fold) return;
      scores[i] = 1 / (1 + Math.exp(-(slope * value + offset)));
    });
  }
  return scores;
}

/** A part for each text, every part with its share of both labels. */
function stratifiedFolds(
  labels: Uint8Array,
  folds: number,
  random: Random,
): Uint8Array {
  const foldOf = new Uint8Array(labels.length);
  for (const label of [0, 1]) {
    const places = Array.from(labels, (_, i) => i)
      .filter((i) => labels[i] === label);
    random.shuffle(places).forEach((place, i) => foldOf[place] = i % folds);
  }
  return foldOf;
}

function checkCounts(labels: Uint8Array, folds: number): void {
  if (!(Number.isInteger(folds) && folds >= 2 && folds <= 20)) {
    throw new RangeError(`Cannot hold out ${folds} parts: give 2 … 20`);
  }
  const good = labels.reduce((sum, label) => sum + label, 0);
  for (
    const [name, count] of [["good", good], ["other", labels.length - good]]
  ) {
    if (Number(count) >= folds) continue;
    throw new InputError(
      `Cannot train a classifier with ${count} different ${name} texts: ` +
        `at least ${folds} are needed, and some hundred for a useful one`,
    );
  }
}
