/** A character that ends a word and is no part of one. */
export const SEPARATOR: number = 1 << 16;
/** A character that is passed over as if it were not there. */
export const SKIPPED: number = 2 << 16;
/** A character of a word; its low 16 bits are what it counts as. */
export const LETTER: number = 3 << 16;
/** A character that is a word by itself. */
export const WORD: number = 4 << 16;

/**
 * What each UTF-16 unit means to a comparison: one of the kinds above, with
 * the unit that it counts as in its low 16 bits. Decided at the first sight of
 * a unit and kept, so that a text costs one look-up a unit.
 */
export class CharacterRule {
  readonly #decide: (character: string) => number;
  readonly #known: Int32Array = new Int32Array(1 << 16);

  /**
   * Makes a rule.
   *
   * @param decide Says what a character of one UTF-16 unit means. It is not
   * asked about halves of surrogate pairs, which are letters.
   */
  constructor(decide: (character: string) => number) {
    this.#decide = decide;
  }

  /** Kinds by unit; 0 where {@linkcode decide} has to be called first. */
  get known(): Int32Array {
    return this.#known;
  }

  /**
   * Decides about a unit that has not been seen.
   *
   * @param unit A UTF-16 unit.
   * @returns Its kind and what it counts as.
   */
  decide(unit: number): number {
    const half = unit >= 0xd800 && unit < 0xe000;
    const kind = half ? LETTER | unit : this.#decide(String.fromCharCode(unit));
    this.#known[unit] = kind;
    return kind;
  }
}

/** Scripts that put no spaces between words: every character counts as one. */
const UNSPACED =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/**
 * How texts are compared for duplicates: lower case, digits as 0, punctuation
 * and symbols as spaces, accents gone (the first character of the canonical
 * decomposition, without non-spacing marks), as in the normalisation of
 * datatrove's MinHash. Characters of scripts without spaces are words by
 * themselves, and Hangul stays composed.
 */
export const DUPLICATE_RULE: CharacterRule = new CharacterRule((character) => {
  if (/[\p{P}\p{S}\p{Z}\p{C}\s]/u.test(character)) return SEPARATOR;
  if (/\p{Mn}/u.test(character)) return SKIPPED;
  if (/\p{Nd}/u.test(character)) return LETTER | 0x30;
  const hangul = /\p{sc=Hangul}/u.test(character);
  const lower = character.toLowerCase();
  const base = hangul ? lower : lower.normalize("NFD");
  return (UNSPACED.test(character) ? WORD : LETTER) | base.charCodeAt(0);
});

/**
 * How texts are compared with evaluation sets: lower case, words at white
 * space, punctuation gone as if it were not there (Brown et al. 2020,
 * arXiv:2005.14165, appendix C). Characters of scripts without spaces are words
 * by themselves.
 */
export const CONTAMINATION_RULE: CharacterRule = new CharacterRule(
  (character) => {
    if (/[\s\p{Z}\p{Cc}]/u.test(character)) return SEPARATOR;
    if (/[\p{P}\p{S}\p{C}]/u.test(character)) return SKIPPED;
    const lower = character.toLowerCase().charCodeAt(0);
    return (UNSPACED.test(character) ? WORD : LETTER) | lower;
  },
);

/** How texts are compared character by character, but for white space. */
export const EXACT_RULE: CharacterRule = new CharacterRule((character) =>
  /[\s\p{Z}]/u.test(character) ? SEPARATOR : LETTER | character.charCodeAt(0)
);
