import type { LinearModel } from "./logistic_regression.ts";
import type { PlattScaling } from "./platt_scaling.ts";
import { type WordFeatureOptions, WordFeatures } from "./word_features.ts";

/** What a classifier is made of. */
export interface QualityModel {
  /** How a text becomes a vector. */
  readonly features: WordFeatureOptions;
  /** Log odds of a vector. */
  readonly linear: LinearModel;
  /** Makes the odds a probability. */
  readonly scaling: PlattScaling;
}

/** Tells how probably a text is a good one, in the sense of its labels. */
export class QualityClassifier {
  readonly #model: QualityModel;
  readonly #features: WordFeatures;

  /** @param model Fitted. */
  constructor(model: QualityModel) {
    this.#model = model;
    this.#features = new WordFeatures(model.features);
  }

  /**
   * Scores a text.
   *
   * @param text Any text.
   * @returns The probability that it is good, in 0 … 1, among texts as those
   * that the classifier was fitted to.
   */
  score(text: string): number {
    const { linear, scaling } = this.#model;
    const odds = this.#features.dot(text, linear.weights) + linear.bias;
    return 1 / (1 + Math.exp(-(scaling.slope * odds + scaling.offset)));
  }
}
