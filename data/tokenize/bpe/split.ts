import {
  ASCII_KINDS,
  kindAt,
  LETTER,
  NEWLINE,
  NUMBER,
  OTHER,
} from "./character_kind.ts";

/**
 * Finds where a pre-token ends.
 *
 * @param bytes Well-formed UTF-8.
 * @param at Where the pre-token begins; less than `end`.
 * @param end Where the text ends.
 * @returns The first byte after the pre-token.
 */
export type NextPiece = (bytes: Uint8Array, at: number, end: number) => number;

/** A way of cutting text into pre-tokens, which no merge crosses. */
export interface Split {
  /** The pattern as it is written into a `tokenizer.json`. */
  readonly pattern: string;
  /** The same by hand: one pass, a look at each byte or two. */
  readonly next: NextPiece;
}

/** Names of the splits that a vocabulary can be trained with. */
export type SplitName = "gpt2" | "gpt4" | "gpt4-2digits";

const GPT4_REST =
  "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";
const GPT4_WORDS =
  "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,";

/**
 * GPT-2's split (its `encoder.py`), GPT-4's (tiktoken's cl100k_base), and the
 * latter with numbers of two digits at most, which is better for vocabularies
 * of up to some 32,000 tokens.
 */
export const SPLITS: Readonly<Record<SplitName, Split>> = {
  gpt2: {
    pattern:
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
    next: nextGpt2,
  },
  gpt4: { pattern: `${GPT4_WORDS}3}${GPT4_REST}`, next: gpt4Split(3) },
  "gpt4-2digits": {
    pattern: `${GPT4_WORDS}2}${GPT4_REST}`,
    next: gpt4Split(2),
  },
};

const APOSTROPHE = 0x27;
const BLANK = 0x20;

function nextGpt2(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at];
  if (first === APOSTROPHE) {
    const length = contraction(bytes, at + 1, end, 0);
    if (length > 0) return at + 1 + length;
  }
  const start = first === BLANK && at + 1 < end ? at + 1 : at;
  const found = kindAt(bytes, start);
  const kind = found & 7;
  if (kind <= NUMBER) return runEnd(bytes, start + (found >> 3), end, kind);
  return spacesEnd(bytes, at, end, false);
}

/** GPT-4's split; numbers have at most `digits` digits. */
export function gpt4Split(digits: number): NextPiece {
  return (bytes, at, end) => {
    const first = bytes[at];
    if (first === APOSTROPHE) {
      const length = contraction(bytes, at + 1, end, 0x20);
      if (length > 0) return at + 1 + length;
    }
    const found = kindAt(bytes, at);
    const kind = found & 7;
    let next = at + (found >> 3);
    if (kind === LETTER) return runEnd(bytes, next, end, LETTER);
    if (kind === NUMBER) {
      for (let count = 1; count < digits && next < end; count++) {
        const digit = kindAt(bytes, next);
        if ((digit & 7) !== NUMBER) break;
        next += digit >> 3;
      }
      return next;
    }
    if (kind === NEWLINE) return spacesEnd(bytes, at, end, true);
    const after = next < end ? kindAt(bytes, next) : 0;
    if (next < end && (after & 7) === LETTER) {
      return runEnd(bytes, next + (after >> 3), end, LETTER);
    }
    if (kind !== OTHER) {
      const symbols = first === BLANK && next < end && (after & 7) === OTHER;
      if (!symbols) return spacesEnd(bytes, at, end, true);
    }
    next = runEnd(bytes, next, end, OTHER);
    while (next < end && (bytes[next] === 0x0a || bytes[next] === 0x0d)) next++;
    return next;
  };
}

/** The end of a run of one kind. */
function runEnd(
  bytes: Uint8Array,
  at: number,
  end: number,
  kind: number,
): number {
  while (at < end) {
    const byte = bytes[at];
    if (byte < 0x80) {
      if (ASCII_KINDS[byte] !== kind) return at;
      at++;
    } else {
      const found = kindAt(bytes, at);
      if ((found & 7) !== kind) return at;
      at += found >> 3;
    }
  }
  return end;
}

/**
 * White space: up to its last line end, if `lines` and there is one; else all
 * of it before the end of the text, all but the last character before a word,
 * and at least one character.
 */
function spacesEnd(
  bytes: Uint8Array,
  at: number,
  end: number,
  lines: boolean,
): number {
  let next = at;
  let last = at;
  let line = -1;
  while (next < end) {
    const found = kindAt(bytes, next);
    if ((found & 7) <= NUMBER) break;
    last = next;
    next += found >> 3;
    if ((found & 7) === NEWLINE) line = next;
  }
  if (lines && line >= 0) return line;
  return next === end || last === at ? next : last;
}

/**
 * The length of what follows the apostrophe of an English contraction, or 0.
 * `fold` is 0x20 to take capitals too, else 0; as in Unicode's case folding,
 * the long s (U+017F) is then an s.
 */
function contraction(
  bytes: Uint8Array,
  at: number,
  end: number,
  fold: number,
): number {
  if (at >= end) return 0;
  const first = bytes[at] | fold;
  // Folding leads no character that is not a letter to one of these.
  if (first === 0x73 || first === 0x74 || first === 0x6d || first === 0x64) {
    return 1;
  }
  if (at + 1 >= end) return 0;
  const second = bytes[at + 1] | fold;
  if (second === 0x65 && (first === 0x72 || first === 0x76)) return 2;
  if (second === 0x6c && first === 0x6c) return 2;
  return fold !== 0 && bytes[at] === 0xc5 && bytes[at + 1] === 0xbf ? 2 : 0;
}
