import type { Document } from "../document.ts";
import { type DroppedSample, DroppedSamples } from "./dropped_samples.ts";
import { sourceNameOf } from "./source_name.ts";

/** How much text. */
export interface Amount {
  /** Number of documents. */
  readonly documents: number;
  /** UTF-8 bytes of their text. */
  readonly bytes: number;
}

/** What went into a step, what came out and what it dropped. */
export interface StepCounts {
  /** What the step is called in tables; two of a kind are told apart. */
  readonly label: string;
  /** What came in. */
  readonly in: Amount;
  /** What went on; rewritten texts count as they are then. */
  readonly out: Amount;
  /** Documents that went on with another text. */
  readonly rewritten: number;
  /** What ended here, by reason. */
  readonly dropped: Readonly<Record<string, Amount>>;
  /** Documents that ended here, by the name of their source. */
  readonly droppedOf: Readonly<Record<string, number>>;
  /** Some of what ended here. */
  readonly samples: readonly DroppedSample[];
}

/** Counts what a step does. */
export class StepTally {
  readonly #label: string;
  readonly #samples: DroppedSamples;
  readonly #in = { documents: 0, bytes: 0 };
  readonly #out = { documents: 0, bytes: 0 };
  readonly #dropped = new Map<string, { documents: number; bytes: number }>();
  readonly #droppedOf = new Map<string, number>();
  #rewritten = 0;

  /**
   * Starts at nothing.
   *
   * @param label What the step is called.
   * @param seed Chooses the samples.
   */
  constructor(label: string, seed: number) {
    this.#label = label;
    this.#samples = new DroppedSamples(seed);
  }

  /** Counts a document of so many bytes that comes in. */
  enter(bytes: number): void {
    this.#in.documents++;
    this.#in.bytes += bytes;
  }

  /** Counts a document of so many bytes that goes on. */
  leave(bytes: number, rewritten: boolean): void {
    this.#out.documents++;
    this.#out.bytes += bytes;
    if (rewritten) this.#rewritten++;
  }

  /** Counts a document of so many bytes that ends here. */
  drop(document: Document, bytes: number, reason: string): void {
    const { documents, bytes: before } = this.#dropped.get(reason) ??
      { documents: 0, bytes: 0 };
    this.#dropped.set(reason, {
      documents: documents + 1,
      bytes: before + bytes,
    });
    this.#addDroppedOf(sourceNameOf(document), 1);
    this.#samples.offer(document, reason);
  }

  /** Adds what was counted of another part of the documents. */
  merge(counts: StepCounts): void {
    for (
      const [mine, other] of [
        [this.#in, counts.in],
        [this.#out, counts.out],
      ] as const
    ) {
      mine.documents += other.documents;
      mine.bytes += other.bytes;
    }
    this.#rewritten += counts.rewritten;
    for (const [reason, amount] of Object.entries(counts.dropped)) {
      const { documents, bytes } = this.#dropped.get(reason) ??
        { documents: 0, bytes: 0 };
      this.#dropped.set(reason, {
        documents: documents + amount.documents,
        bytes: bytes + amount.bytes,
      });
    }
    for (const [source, documents] of Object.entries(counts.droppedOf)) {
      this.#addDroppedOf(source, documents);
    }
    this.#samples.merge(counts.samples);
  }

  /**
   * Gives out what was counted.
   *
   * @returns The counts; reasons in alphabetical order.
   */
  counts(): StepCounts {
    const dropped = [...this.#dropped].sort(([a], [b]) => a < b ? -1 : 1);
    return {
      label: this.#label,
      in: { ...this.#in },
      out: { ...this.#out },
      rewritten: this.#rewritten,
      dropped: Object.fromEntries(dropped),
      droppedOf: Object.fromEntries(this.#droppedOf),
      samples: this.#samples.list(),
    };
  }

  #addDroppedOf(source: string, documents: number): void {
    const before = this.#droppedOf.get(source) ?? 0;
    this.#droppedOf.set(source, before + documents);
  }
}
