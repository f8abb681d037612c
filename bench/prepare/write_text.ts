import { writeAll } from "../../data/atomic_write.ts";
import { Random } from "../../data/random.ts";

const WORDS = 20_000;
/** Bytes gathered before they are written. */
const CHUNK_BYTES = 1 << 20;
/** Share of documents that are an earlier one again. */
const COPIES = 0.03;
/** Earlier documents that may come again. */
const KEPT = 500;

/**
 * Writes text of made-up words for a curation to work on: JSONL of documents
 * of some kilobytes, among them copies, lists of the same line, and ones that
 * are too short. Words are as frequent as in a language (Zipf), so that the
 * rules and hashes of a curation have their usual work.
 *
 * @param path The file.
 * @param bytes Size after which it ends.
 * @param seed Chooses everything.
 * @returns Documents written.
 */
export async function writeText(
  path: string,
  bytes: number,
  seed: number,
): Promise<number> {
  const random = new Random(`bench text/${seed}`);
  const words = Array.from({ length: WORDS }, () => makeWord(random));
  const kept: string[] = [];
  const file = await Deno.open(path, { write: true, createNew: true });
  try {
    let documents = 0;
    let written = 0;
    let chunk = "";
    while (written < bytes) {
      const again = kept.length > 0 && random.uniform() < COPIES;
      const text = again ? random.pick(kept) : makeText(random, words);
      if (kept.length < KEPT) kept.push(text);
      else if (!again) kept[random.integer(KEPT)] = text;
      // Nothing in it has to be escaped but line ends.
      chunk += `{"id":"${documents}","text":"${
        text.replaceAll("\n", "\\n")
      }"}\n`;
      documents++;
      if (chunk.length < CHUNK_BYTES) continue;
      await writeAll(file, new TextEncoder().encode(chunk));
      written += chunk.length;
      chunk = "";
    }
    return documents;
  } finally {
    file.close();
  }
}

function makeWord(random: Random): string {
  const syllables = 1 + random.integer(3);
  let word = "";
  for (let i = 0; i < syllables; i++) {
    word += random.pick("bcdfghjklmnprstvw".split("")) +
      random.pick("aeiou".split(""));
  }
  return random.uniform() < 0.4 ? word + random.pick("nrstl".split("")) : word;
}

function makeText(random: Random, words: readonly string[]): string {
  const kind = random.uniform();
  if (kind < 0.02) return makeSentence(random, words);
  if (kind < 0.04) {
    return `${makeSentence(random, words)}\n`.repeat(5 + random.integer(40));
  }
  const paragraphs = 1 + random.integer(6);
  const text: string[] = [];
  for (let i = 0; i < paragraphs; i++) {
    const sentences = 3 + random.integer(8);
    const paragraph: string[] = [];
    for (let j = 0; j < sentences; j++) {
      paragraph.push(makeSentence(random, words));
    }
    text.push(paragraph.join(" "));
  }
  return text.join("\n\n");
}

function makeSentence(random: Random, words: readonly string[]): string {
  const count = 6 + random.integer(18);
  let sentence = "";
  for (let i = 0; i < count; i++) {
    // The rank of a word drawn by Zipf's law is exponential in a uniform.
    const rank = Math.floor(WORDS ** random.uniform()) - 1;
    const word = i % 7 === 3 ? "the" : i % 9 === 5 ? "of" : words[rank];
    sentence += i === 0 ? word[0].toUpperCase() + word.slice(1) : ` ${word}`;
  }
  return `${sentence}.`;
}
