import { InputError } from "../../input_error.ts";
import { CONTAMINATION_RULE } from "./character_rule.ts";
import { readEvaluationItems } from "./evaluation_items.ts";
import { NgramIndex } from "./ngram_index.ts";
import { WordNgrams } from "./word_ngrams.ts";

/** How much of an evaluation set stands in a corpus. */
export interface TaskContamination {
  /** The set. */
  readonly task: string;
  /** How many items it has. */
  readonly items: number;
  /** How many of them have fewer words than an n-gram and are not looked for. */
  readonly tooShort: number;
  /** How many share an n-gram with a document. */
  readonly touched: number;
  /** How many documents share an n-gram with it. */
  readonly documents: number;
}

/** A stretch of a text that is in an evaluation set, in UTF-16 units. */
export interface Match {
  readonly start: number;
  readonly end: number;
}

/** What a document shares with evaluation sets. */
export interface Contamination {
  /** The set that the first of the matches is from. */
  readonly task: string;
  /** Where the shared n-grams stand, in order; they may overlap. */
  readonly matches: readonly Match[];
}

/**
 * The word n-grams of evaluation sets, to be found in documents, and what was
 * found so far. Takes about 30 bytes of memory for each n-gram.
 */
export class EvaluationIndex {
  readonly #ngrams: WordNgrams;
  readonly #size: number;
  readonly #index: NgramIndex = new NgramIndex();
  readonly #tasks: string[] = [];
  /** Number of the task that each n-gram was first in. */
  readonly #taskOf: number[] = [];
  /** Task of each item, and its n-grams after those of the one before. */
  readonly #items: { readonly task: number; readonly end: number }[] = [];
  readonly #itemNgrams: number[] = [];
  /** Items of each task; the same of those that are too short. */
  readonly #counts: { items: number; tooShort: number; documents: number }[] =
    [];
  #found: Uint8Array = new Uint8Array(0);

  /** @param size Words of an n-gram. */
  private constructor(size: number) {
    this.#size = size;
    this.#ngrams = new WordNgrams(size, CONTAMINATION_RULE);
  }

  /**
   * Reads evaluation sets.
   *
   * @param paths Their files.
   * @param size Words of an n-gram.
   * @returns Their n-grams.
   * @throws {InputError} If a file cannot be read, or all items are shorter
   * than an n-gram.
   */
  static async read(
    paths: readonly string[],
    size: number,
  ): Promise<EvaluationIndex> {
    const index = new EvaluationIndex(size);
    for (const path of paths) {
      for (const { task, texts } of await readEvaluationItems(path)) {
        index.#add(task, texts);
      }
    }
    if (index.#index.size === 0) {
      throw new InputError(
        `Cannot decontaminate against '${
          paths.join("', '")
        }': no item has ${size} words; choose a smaller "ngram"`,
      );
    }
    index.forget();
    return index;
  }

  /** Forgets what was found, before another corpus is looked through. */
  forget(): void {
    this.#found = new Uint8Array(this.#index.size);
    for (const counts of this.#counts) counts.documents = 0;
  }

  #add(name: string, texts: readonly string[]): void {
    let task = this.#tasks.indexOf(name);
    if (task < 0) {
      task = this.#tasks.push(name) - 1;
      this.#counts.push({ items: 0, tooShort: 0, documents: 0 });
    }
    const start = this.#itemNgrams.length;
    for (const text of texts) {
      const count = this.#ngrams.scan(text, false);
      for (let i = 0; i < count; i++) {
        const ngram = this.#index.add(
          this.#ngrams.low[i],
          this.#ngrams.high[i],
        );
        if (ngram === this.#taskOf.length) this.#taskOf.push(task);
        this.#itemNgrams.push(ngram);
      }
    }
    const end = this.#itemNgrams.length;
    this.#items.push({ task, end });
    this.#counts[task].items++;
    if (end === start) this.#counts[task].tooShort++;
  }

  /**
   * Looks for n-grams of the sets in a document, and counts what is found.
   *
   * @param text The document's.
   * @returns What it shares, or null where that is nothing.
   */
  look(text: string): Contamination | null {
    const count = this.#ngrams.scan(text, false);
    const { low, high, words } = this.#ngrams;
    const matches: Match[] = [];
    const tasks = new Set<number>();
    for (let i = 0; i < count; i++) {
      const ngram = this.#index.find(low[i], high[i]);
      if (ngram < 0) continue;
      this.#found[ngram] = 1;
      tasks.add(this.#taskOf[ngram]);
      matches.push({
        start: words.starts[i],
        end: words.ends[i + this.#size - 1],
      });
    }
    for (const task of tasks) this.#counts[task].documents++;
    const [first] = tasks;
    return first === undefined ? null : { task: this.#tasks[first], matches };
  }

  /** What was found so far, set by set. */
  get contamination(): readonly TaskContamination[] {
    const touched = this.#tasks.map(() => 0);
    let at = 0;
    for (const { task, end } of this.#items) {
      let found = false;
      for (; at < end; at++) found ||= this.#found[this.#itemNgrams[at]] === 1;
      if (found) touched[task]++;
    }
    return this.#tasks.map((task, i) => ({
      task,
      touched: touched[i],
      ...this.#counts[i],
    }));
  }
}

/**
 * Says in a line how much of an evaluation set stands in a corpus.
 *
 * @param found What was found.
 * @returns The line.
 */
export function describeContamination(found: TaskContamination): string {
  const { task, items, tooShort, touched, documents } = found;
  const short = tooShort === 0
    ? ""
    : `; ${tooShort} too short to be looked for`;
  return `${task}: of ${items} items ${touched} found, in ${documents} ` +
    `document${documents === 1 ? "" : "s"}${short}`;
}
