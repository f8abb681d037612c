/** Kinds of characters that tell words apart. */
export const CharacterClass = {
  /** Punctuation and symbols. */
  other: 0,
  /** White space. */
  space: 1,
  /** First half of a character beyond U+FFFF, which takes two units. */
  pair: 2,
  /** Joins whatever it stands in: marks and invisible format characters. */
  mark: 3,
  /** Digits and other numbers. */
  number: 4,
  /** Letters but the capital ones. */
  letter: 5,
  /** Capital letters. */
  capital: 6,
} as const;

const PATTERNS = [
  [/\p{White_Space}+/gu, CharacterClass.space],
  [/[\p{M}\p{Cf}]+/gu, CharacterClass.mark],
  [/\p{N}+/gu, CharacterClass.number],
  [/(?!\p{Lu})\p{L}+/gu, CharacterClass.letter],
  [/\p{Lu}+/gu, CharacterClass.capital],
] as const;

/**
 * Classifies every UTF-16 unit.
 *
 * @returns The class by unit. Of a pair's first half it tells only that it is
 * one: {@linkcode classOfPair} knows the character.
 */
export function unitClasses(): Uint8Array {
  return classes ??= classifyUnits();
}

/**
 * Classifies a character beyond U+FFFF.
 *
 * @param text Text that has it.
 * @param index Where its first half stands.
 * @returns Its class; `other` for half a character.
 */
export function classOfPair(text: string, index: number): number {
  const codePoint = text.codePointAt(index) ?? 0;
  if (codePoint < 0x10000) return CharacterClass.other;
  const character = String.fromCodePoint(codePoint);
  const found = PATTERNS.findLast(([pattern]) => character.match(pattern));
  return found?.[1] ?? CharacterClass.other;
}

/** Made when first needed: most commands never ask. */
let classes: Uint8Array | undefined;

function classifyUnits(): Uint8Array {
  const table = new Uint8Array(0x10000);
  const characters: string[] = [];
  for (let unit = 0; unit < 0x10000; unit++) {
    const half = unit >= 0xd800 && unit < 0xe000;
    // Halves would merge into pairs and move what follows.
    characters.push(half ? "\0" : String.fromCharCode(unit));
  }
  const all = characters.join("");
  for (const [pattern, value] of PATTERNS) {
    for (const { index, 0: run } of all.matchAll(pattern)) {
      table.fill(value, index, index + run.length);
    }
  }
  table.fill(CharacterClass.pair, 0xd800, 0xdc00);
  return table;
}
