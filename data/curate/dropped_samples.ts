import { mix32 } from "../mix32.ts";
import type { Document } from "../document.ts";

/** Documents kept of each reason. */
const PER_REASON = 20;
/** Reasons kept of a step; a step has a handful. */
const MAX_REASONS = 64;
/** Characters kept of a text. */
const EXCERPT_LENGTH = 2000;

/** A document that a step dropped, as `data inspect` shows it. */
export interface DroppedSample {
  /** Why. */
  readonly reason: string;
  /** Name of the document. */
  readonly id: string;
  /** Beginning of its text as it came to the step. */
  readonly text: string;
  /** Characters of the whole text. */
  readonly length: number;
  /** Decides who stays when there are too many: the lowest do. */
  readonly priority: number;
}

/**
 * An even sample of what a step dropped, at most {@linkcode PER_REASON} a
 * reason. Each document draws its priority from the seed and its name, and the
 * lowest priorities stay: the outcome depends neither on the order in which
 * documents come nor on who saw which, and samples of parts make up the sample
 * of the whole.
 */
export class DroppedSamples {
  readonly #seed: number;
  readonly #byReason = new Map<string, DroppedSample[]>();

  /**
   * Starts without any.
   *
   * @param seed Chooses; the same for all parts of a step.
   */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /**
   * Offers a document.
   *
   * @param document As it came to the step.
   * @param reason Why it was dropped.
   */
  offer(document: Document, reason: string): void {
    const priority = this.#priorityOf(document.id);
    if (!this.#isWanted(reason, priority)) return;
    this.#insert({
      reason,
      id: document.id,
      text: excerpt(document.text),
      length: document.text.length,
      priority,
    });
  }

  /**
   * Adds what another part kept.
   *
   * @param samples Its samples.
   */
  merge(samples: readonly DroppedSample[]): void {
    for (const sample of samples) {
      if (this.#isWanted(sample.reason, sample.priority)) this.#insert(sample);
    }
  }

  /**
   * Gives the samples out.
   *
   * @returns Those kept, by reason in alphabetical order, then by priority.
   */
  list(): DroppedSample[] {
    return [...this.#byReason].sort(([a], [b]) => a < b ? -1 : 1)
      .flatMap(([, samples]) => samples);
  }

  #isWanted(reason: string, priority: number): boolean {
    const samples = this.#byReason.get(reason);
    if (samples === undefined) return this.#byReason.size < MAX_REASONS;
    return samples.length < PER_REASON ||
      priority < samples[samples.length - 1].priority;
  }

  #insert(sample: DroppedSample): void {
    const samples = this.#byReason.get(sample.reason) ?? [];
    this.#byReason.set(sample.reason, samples);
    let at = samples.length;
    while (at > 0 && isBefore(sample, samples[at - 1])) at--;
    samples.splice(at, 0, sample);
    if (samples.length > PER_REASON) samples.pop();
  }

  #priorityOf(id: string): number {
    let hash = mix32(this.#seed);
    for (let i = 0; i < id.length; i++) {
      hash = mix32(Math.imul(hash, 31) + id.charCodeAt(i));
    }
    return hash;
  }
}

function isBefore(a: DroppedSample, b: DroppedSample): boolean {
  return a.priority < b.priority ||
    (a.priority === b.priority && a.id < b.id);
}

/** The beginning of a text, never half of a character. */
function excerpt(text: string): string {
  if (text.length <= EXCERPT_LENGTH) return text;
  const cut = text.slice(0, EXCERPT_LENGTH);
  return cut.isWellFormed() ? cut : cut.slice(0, -1);
}
