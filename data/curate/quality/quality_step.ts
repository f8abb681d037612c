import { InputError } from "../../input_error.ts";
import { nullable, number, text } from "../../schema.ts";
import type { Step } from "../step.ts";
import type { StepDefinition } from "../step_definition.ts";
import { keepBest } from "./keep_best.ts";
import { QualityClassifier } from "./quality_classifier.ts";
import { loadQualityModel } from "./quality_file.ts";

/** Options of the step `quality`. */
export interface QualityOptions {
  /** File of the classifier. */
  readonly model: string;
  /** Least probability of being good that is kept. */
  readonly threshold: number | null;
  /** Share of documents that is kept, the best ones. */
  readonly keep: number | null;
}

/** Threshold where neither it nor a share is given. */
const DEFAULT_THRESHOLD = 0.5;

/**
 * Scores documents with a classifier that `data classifier` trained, notes the
 * score as `metadata.quality`, and drops what is below a threshold, each document
 * by itself, as `low_quality`; or all but the best share of the whole corpus, as
 * `quality_below_0.7312`, by the threshold that was found.
 */
export const QUALITY: StepDefinition<QualityOptions> = {
  name: "quality",
  summary: "keeps what a classifier trained on labels takes for good",
  options: {
    model: text({
      default: "",
      description: "file of the classifier, as data classifier makes it",
    }),
    threshold: nullable(
      number({
        default: DEFAULT_THRESHOLD,
        minimum: 0,
        maximum: 1,
        description: "least probability of being good that is kept",
      }),
      `${DEFAULT_THRESHOLD}, or what the share asks for`,
    ),
    keep: nullable(
      number({
        default: 1,
        above: 0,
        maximum: 1,
        description: "share of the documents that is kept, the best ones",
      }),
      "whatever reaches the threshold",
    ),
  },
  async make({ model, threshold, keep }): Promise<Step> {
    if (model === "") {
      throw new InputError(
        "Cannot make the step quality: it has no model; name a file that " +
          "'minnow data classifier' made, as in " +
          '"quality: { model: quality.bin }"',
      );
    }
    if (threshold !== null && keep !== null) {
      throw new InputError(
        `Cannot make the step quality: it has a threshold of ${threshold} ` +
          `and keeps ${keep}; give one of them`,
      );
    }
    const classifier = new QualityClassifier(await loadQualityModel(model));
    const score = (text: string) => classifier.score(text);
    if (keep !== null) {
      return {
        kind: "corpus",
        name: "quality",
        run: (documents, context) =>
          keepBest(documents, context, { score, share: keep }),
      };
    }
    const least = threshold ?? DEFAULT_THRESHOLD;
    return {
      kind: "document",
      name: "quality",
      judge(document) {
        const quality = score(document.text);
        if (quality < least) return { dropped: "low_quality" };
        return { ...document, metadata: { ...document.metadata, quality } };
      },
    };
  },
};
