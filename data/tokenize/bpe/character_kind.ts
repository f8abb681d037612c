/** Neither letter, number nor white space: punctuation, marks, symbols. */
export const OTHER = 0;
/** `\p{L}` */
export const LETTER = 1;
/** `\p{N}` */
export const NUMBER = 2;
/** `\p{White_Space}` but for line feed and carriage return. */
export const SPACE = 3;
/** Line feed or carriage return. */
export const NEWLINE = 4;

const PAGE = 256;
const kinds = new Uint8Array(0x110000);
const filled = new Uint8Array(0x110000 / PAGE);
const LETTERS = /\p{L}/u;
const NUMBERS = /\p{N}/u;
// Not `\s`, which has U+FEFF and lacks U+0085.
const SPACES = /\p{White_Space}/u;

/** Kinds of the ASCII characters. */
export const ASCII_KINDS: Uint8Array = kinds.subarray(0, 128);
fillPage(0);

/**
 * The kind of the character that begins at a byte of well-formed UTF-8.
 *
 * @param bytes UTF-8.
 * @param at Where the character begins.
 * @returns Its length in bytes times 8, plus its kind.
 */
export function kindAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < 0x80) return 8 | ASCII_KINDS[first];
  let point: number;
  let length: number;
  if (first < 0xe0) {
    point = (first & 0x1f) << 6 | bytes[at + 1] & 0x3f;
    length = 2;
  } else if (first < 0xf0) {
    point = (first & 0x0f) << 12 | (bytes[at + 1] & 0x3f) << 6 |
      bytes[at + 2] & 0x3f;
    length = 3;
  } else {
    point = (first & 0x07) << 18 | (bytes[at + 1] & 0x3f) << 12 |
      (bytes[at + 2] & 0x3f) << 6 | bytes[at + 3] & 0x3f;
    length = 4;
  }
  if (filled[point >> 8] === 0) fillPage(point >> 8);
  return length << 3 | kinds[point];
}

/** Text uses few pages; only those are worked out. */
function fillPage(page: number): void {
  for (let point = page * PAGE; point < (page + 1) * PAGE; point++) {
    const character = String.fromCodePoint(point);
    kinds[point] = point === 0x0a || point === 0x0d
      ? NEWLINE
      : LETTERS.test(character)
      ? LETTER
      : NUMBERS.test(character)
      ? NUMBER
      : SPACES.test(character)
      ? SPACE
      : OTHER;
  }
  filled[page] = 1;
}
