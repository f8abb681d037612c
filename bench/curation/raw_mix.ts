import type { Document } from "../../data/document.ts";
import { Random } from "../../data/random.ts";

/** What documents are made of, and whether they are worth learning from. */
export interface MixedDocument extends Document {
  /** 1 for text of books, 0 for junk. */
  readonly label: 0 | 1;
}

/** Books, pages and how much of them. */
export interface MixSources {
  /** Chapters of books. */
  readonly chapters: readonly string[];
  /** Web pages that people labelled as bad. */
  readonly pages: readonly string[];
  /** UTF-8 bytes of the books' half; the junk has as many. */
  readonly bytes: number;
  /** Seed of the choice, of the junk and of the order. */
  readonly seed: number;
}

/** Share of the junk that is boilerplate; the rest is shuffled. */
const BOILERPLATE_SHARE = 0.5;

/** Different lines that all boilerplate is made of. */
const BOILERPLATE_LINES = 60;

/**
 * A corpus as nobody wants it: half chapters of books, half junk. The junk is
 * every web page that people labelled as bad, then in equal parts boilerplate,
 * pages of a few short lines of those again and again, and pages of which the
 * words are shuffled.
 *
 * @param sources What it is made of.
 * @returns Documents in a random order.
 */
export function rawMix(
  { chapters, pages, bytes, seed }: MixSources,
): MixedDocument[] {
  const random = new Random(`${seed}/mix`);
  const books = take(random.shuffle([...chapters]), bytes, "book", 1);
  const junk = take(pages, bytes, "page", 0);
  const left = bytes - sizeOf(junk);
  const boilerplate = take(
    boilerplatePages(pages, random),
    left * BOILERPLATE_SHARE,
    "boilerplate",
    0,
  );
  const shuffled = take(
    shuffledPages(pages, random),
    left * (1 - BOILERPLATE_SHARE),
    "shuffled",
    0,
  );
  return random.shuffle([...books, ...junk, ...boilerplate, ...shuffled]);
}

function take(
  texts: Iterable<string>,
  bytes: number,
  name: string,
  label: 0 | 1,
): MixedDocument[] {
  const taken: MixedDocument[] = [];
  let size = 0;
  for (const text of texts) {
    if (size >= bytes) break;
    taken.push({ id: `${name}-${taken.length}`, text, label });
    size += utf8(text);
  }
  return taken;
}

function* boilerplatePages(
  pages: readonly string[],
  random: Random,
): Generator<string> {
  const lines = pages.flatMap((page) => page.split("\n"))
    .map((line) => line.trim())
    .filter((line) => line.length >= 10 && line.length <= 80);
  const stock = random.shuffle(lines).slice(0, BOILERPLATE_LINES);
  for (;;) {
    const count = 20 + random.integer(60);
    yield Array.from({ length: count }, () => random.pick(stock)).join("\n");
  }
}

function* shuffledPages(
  pages: readonly string[],
  random: Random,
): Generator<string> {
  for (;;) {
    const words = random.shuffle(random.pick(pages).split(/\s+/));
    yield words.slice(0, 600).join(" ");
  }
}

function sizeOf(documents: readonly Document[]): number {
  return documents.reduce((sum, { text }) => sum + utf8(text), 0);
}

function utf8(text: string): number {
  return new TextEncoder().encode(text).length;
}
