/** Between words: white space and controls. */
export const GAP = 0;

/** Part of a word: letters, marks, digits, halves of surrogate pairs. */
export const LETTER = 1;

/** A word by itself: punctuation, and scripts that put no gaps between words. */
export const ALONE = 2;

/** What each UTF-16 code unit is to the words of a text. */
export interface WordTable {
  /** {@linkcode GAP}, {@linkcode LETTER} or {@linkcode ALONE}. */
  readonly kinds: Uint8Array;
  /** The unit that stands for it: lower case, and 0 for every digit. */
  readonly folded: Uint16Array;
}

let table: WordTable | undefined;

/**
 * The table of all code units, made at the first call.
 *
 * @returns Kinds and folded units, 65,536 each.
 */
export function wordTable(): WordTable {
  return table ??= makeTable();
}

function makeTable(): WordTable {
  const kinds = new Uint8Array(65536);
  const folded = new Uint16Array(65536);
  const ideographic = new RegExp(
    "[\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Thai}]",
    "u",
  );
  for (let unit = 0; unit < 65536; unit++) {
    const character = String.fromCharCode(unit);
    folded[unit] = unit;
    if (unit >= 0xd800 && unit < 0xe000) {
      kinds[unit] = LETTER;
    } else if (/[\s\p{C}]/u.test(character)) {
      kinds[unit] = GAP;
    } else if (/\p{N}/u.test(character)) {
      kinds[unit] = LETTER;
      folded[unit] = 0x30;
    } else if (/[\p{L}\p{M}]/u.test(character)) {
      kinds[unit] = unit > 127 && ideographic.test(character) ? ALONE : LETTER;
      folded[unit] = character.toLowerCase().charCodeAt(0);
    } else {
      kinds[unit] = ALONE;
    }
  }
  return { kinds, folded };
}
