import { createHash } from "node:crypto";
import { Random } from "../../random.ts";
import type { LabelledText } from "./labelled_text.ts";
import { Reservoir } from "./reservoir.ts";
import {
  type SparseVector,
  type WordFeatureOptions,
  WordFeatures,
} from "./word_features.ts";

/** What is taken of the texts offered. */
export interface TrainingTextOptions {
  /** How a text becomes a vector. */
  readonly features: WordFeatureOptions;
  /** Texts of each label at most. */
  readonly maxPerLabel: number;
  /** Seed of the sample where there are more. */
  readonly seed: number;
}

interface HashedVector {
  readonly vector: SparseVector;
  /** Of the text. */
  readonly hash: string;
}

/** Vectors of labelled texts, as many of each label as memory is meant for. */
export class TrainingTexts {
  readonly #features: WordFeatures;
  readonly #good: Reservoir<HashedVector>;
  readonly #other: Reservoir<HashedVector>;

  /** @param options Sizes and seed. */
  constructor({ features, maxPerLabel, seed }: TrainingTextOptions) {
    this.#features = new WordFeatures(features);
    this.#good = new Reservoir(maxPerLabel, new Random(`${seed}/good`));
    this.#other = new Reservoir(maxPerLabel, new Random(`${seed}/other`));
  }

  /** Texts offered. */
  get offered(): number {
    return this.#good.seen + this.#other.seen;
  }

  /** Takes a text, or passes over it where there are too many. */
  offer({ text, label }: LabelledText): void {
    const reservoir = label === 1 ? this.#good : this.#other;
    reservoir.offer(() => ({
      vector: this.#features.vectorOf(text),
      hash: createHash("sha256").update(text).digest("base64"),
    }));
  }

  /**
   * Gives out what was taken, each text once: held out in one part and trained
   * on in another, a copy would flatter the classifier. A text with both labels
   * is a good one, since "any" texts hold good ones as well.
   *
   * @returns Vectors with their labels, and how many were copies.
   */
  list(): {
    readonly vectors: readonly SparseVector[];
    readonly labels: Uint8Array;
    readonly duplicates: number;
  } {
    const known = new Set<string>();
    const vectors: SparseVector[] = [];
    const labels: number[] = [];
    const reservoirs = [this.#good, this.#other];
    reservoirs.forEach(({ items }, i) => {
      for (const { vector, hash } of items) {
        if (known.has(hash)) continue;
        known.add(hash);
        vectors.push(vector);
        labels.push(1 - i);
      }
    });
    const taken = this.#good.items.length + this.#other.items.length;
    return {
      vectors,
      labels: Uint8Array.from(labels),
      duplicates: taken - vectors.length,
    };
  }
}
