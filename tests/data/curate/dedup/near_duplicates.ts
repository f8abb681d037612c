import type { Document } from "../../../../data/document.ts";
import { Random } from "../../../../data/random.ts";

/** A document and the near-duplicate made of it. */
export interface PlantedPair {
  readonly original: string;
  readonly copy: string;
  /** Jaccard similarity of their sets of word 5-grams. */
  readonly similarity: number;
}

/**
 * Makes short documents of random words, among them near-duplicates of others
 * at similarities from .5 to 1.
 *
 * @param seed Any text.
 * @param count How many there are, one in ten a near-duplicate.
 * @returns The documents in random order, and which belong together.
 */
export function nearDuplicates(
  seed: string,
  count: number,
): { documents: Document[]; pairs: PlantedPair[] } {
  const random = new Random(seed);
  const vocabulary = Array.from(
    { length: 5000 },
    () =>
      Array.from(
        { length: 2 + random.integer(8) },
        () => String.fromCharCode(97 + random.integer(26)),
      ).join(""),
  );
  // Squared, so that some words are common and most are rare.
  const word = (): string =>
    vocabulary[Math.floor(random.uniform() ** 2 * vocabulary.length)];
  const copies = count / 10;
  const texts = Array.from(
    { length: count - copies },
    () => Array.from({ length: 60 + random.integer(120) }, word),
  );
  const documents: Document[] = texts.map((words, i) => ({
    id: `original-${i}`,
    text: decorated(words, random),
  }));
  const pairs: PlantedPair[] = [];
  for (let i = 0; i < copies; i++) {
    const wanted = 0.5 + 0.5 * random.uniform();
    const words = edited(texts[i], wanted, random, word);
    pairs.push({
      original: `original-${i}`,
      copy: `copy-${i}`,
      similarity: exactSimilarity(texts[i].join(" "), words.join(" ")),
    });
    documents.push({ id: `copy-${i}`, text: decorated(words, random) });
  }
  return { documents: random.shuffle(documents), pairs };
}

/** Replaces words one by one as long as the similarity is above the wanted. */
function edited(
  words: readonly string[],
  wanted: number,
  random: Random,
  word: () => string,
): string[] {
  const original = words.join(" ");
  let best = [...words];
  for (;;) {
    const next = [...best];
    next[random.integer(next.length)] = word();
    if (exactSimilarity(original, next.join(" ")) < wanted) return best;
    best = next;
  }
}

/** The same words with capitals, punctuation and line ends of its own. */
function decorated(words: readonly string[], random: Random): string {
  return words.map((word) => {
    const first = random.integer(8) === 0
      ? word[0].toUpperCase() + word.slice(1)
      : word;
    return first + random.pick([" ", " ", " ", ", ", ".\n", "; "]);
  }).join("");
}

/**
 * The Jaccard similarity of two texts' sets of word 5-grams, computed with
 * strings and sets: the slow, obvious way.
 *
 * @param a A text.
 * @param b Another.
 * @returns The similarity, 0 … 1.
 */
export function exactSimilarity(a: string, b: string): number {
  const [first, second] = [a, b].map((text) => {
    const words = text.toLowerCase().normalize("NFD")
      .replaceAll(/\p{Mn}/gu, "").replaceAll(/\p{Nd}/gu, "0")
      .replaceAll(/[\p{P}\p{S}\p{Z}\p{C}\s]+/gu, " ").trim().split(" ");
    return new Set(
      Array.from(
        { length: Math.max(0, words.length - 4) },
        (_, i) => words.slice(i, i + 5).join(" "),
      ),
    );
  });
  const common = first.intersection(second).size;
  return common / (first.size + second.size - common);
}
