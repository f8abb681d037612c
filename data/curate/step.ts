import type { Document } from "../document.ts";

/** A document that ends at a step, and why. */
export interface Dropped {
  /**
   * Short name of the rule, the same for all documents that it drops:
   * `too_few_words`.
   */
  readonly dropped: string;
}

/** What a step makes of one document: the same, a rewritten one, or none. */
export type Verdict = Document | Dropped;

/** What a corpus step is given to work with. */
export interface StepContext {
  /**
   * Notes that a document ends here.
   *
   * @param document As it came in.
   * @param reason Short name of the rule, as in {@linkcode Dropped}.
   */
  drop(document: Document, reason: string): void;
  /**
   * Notes how far a step has come that reads all before it gives any.
   *
   * @param message What it is doing, for people.
   */
  progress(message: string): void;
  /** An empty folder of the step's own; removed afterwards. */
  readonly folder: string;
  /** Seed of whatever the step draws. */
  readonly seed: number;
}

/** A step that judges each document by itself, in any order and any process. */
export interface DocumentStep {
  readonly kind: "document";
  /** What it is called in a configuration: `gopher_quality`. */
  readonly name: string;
  /**
   * Judges one document.
   *
   * @param document Comes in.
   * @returns It, a rewritten one of the same id, or why it ends here.
   */
  judge(document: Document): Verdict;
}

/**
 * A step that sees the whole corpus, as finding duplicates does. Documents come
 * in a fixed order and leave in one that depends on them and on the seed alone.
 */
export interface CorpusStep {
  readonly kind: "corpus";
  /** What it is called in a configuration: `minhash`. */
  readonly name: string;
  /**
   * Passes documents on, rewrites or drops them. Memory stays bounded whatever
   * their number: what does not fit goes to files in the step's folder.
   *
   * @param documents Come in.
   * @param context Where to note what is dropped.
   * @returns What is left.
   */
  run(
    documents: AsyncIterable<Document>,
    context: StepContext,
  ): AsyncIterable<Document>;
}

/** One step of a curation. */
export type Step = DocumentStep | CorpusStep;

/**
 * Whether a document ended at a step.
 *
 * @param verdict What the step made of it.
 * @returns Whether it is a reason and not a document.
 */
export function isDropped(verdict: Verdict): verdict is Dropped {
  return "dropped" in verdict;
}
