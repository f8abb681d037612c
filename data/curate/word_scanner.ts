import { CharacterClass, classOfPair, unitClasses } from "./character_class.ts";

const { space, pair, mark, number, letter, capital } = CharacterClass;

/**
 * Walks over the words of a text, in one pass and without making strings.
 *
 * What a word is follows the tokenizers that the published thresholds were
 * found with (NLTK's and spaCy's for English): letters and digits that stand
 * together; `.`, `,`, `/` and `:` inside of numbers, `.` inside of names and
 * abbreviations, `_`, `@`, `&` and apostrophes inside of words belong to them.
 * `'s`, `n't` and the like are words of their own. Every other character that
 * is no white space is a word by itself, but for runs of `.` and of `-`.
 */
export class WordScanner {
  readonly #text: string;
  readonly #classes = unitClasses();
  #start = 0;
  #end = 0;
  #pairs = 0;
  #kind = 0;

  /**
   * Starts before the first word.
   *
   * @param text Any text.
   */
  constructor(text: string) {
    this.#text = text;
  }

  /** Where the word begins, in UTF-16 units. */
  get start(): number {
    return this.#start;
  }

  /** Where the word ends, in UTF-16 units. */
  get end(): number {
    return this.#end;
  }

  /** The word's number of characters. */
  get length(): number {
    return this.#end - this.#start - this.#pairs;
  }

  /** Whether the word is made of letters or digits and no mere symbol. */
  get isWord(): boolean {
    return this.#kind >= mark;
  }

  /** Whether there is a letter in the word. */
  get hasLetter(): boolean {
    return this.#kind >= letter;
  }

  /**
   * Goes to the next word.
   *
   * @returns Whether there is one.
   */
  next(): boolean {
    const text = this.#text;
    const classes = this.#classes;
    let at = this.#end;
    while (at < text.length && classes[text.charCodeAt(at)] === space) at++;
    this.#start = at;
    this.#pairs = 0;
    this.#kind = 0;
    this.#end = at;
    if (at >= text.length) return false;
    const first = text.charCodeAt(at);
    if (classes[first] >= pair) {
      this.#end = this.#letters(at);
    } else if (isApostrophe(first) && cliticEnd(text, at) > 0) {
      this.#end = cliticEnd(text, at);
      this.#kind = letter;
    }
    if (this.#end === at) this.#end = this.#symbol(at);
    return true;
  }

  /** Where the letters and digits from `at` on end; `at` if there are none. */
  #letters(at: number): number {
    const text = this.#text;
    const classes = this.#classes;
    let end = at;
    let last = 0;
    while (end < text.length) {
      const unit = text.charCodeAt(end);
      let kind = classes[unit];
      if (kind === pair) {
        kind = classOfPair(text, end);
        if (kind < mark) break;
        this.#pairs++;
        end++;
      } else if (kind < mark) {
        if (last === 0 || end + 1 >= text.length) break;
        if (isApostrophe(unit)) {
          const clitic = cliticEnd(text, end);
          if (clitic > 0) return this.#beforeClitic(at, end, clitic);
        }
        if (!joins(unit, last, classes[text.charCodeAt(end + 1)])) break;
        end++;
        continue;
      }
      last = kind;
      if (kind > this.#kind) this.#kind = kind;
      end++;
    }
    return this.#withPoint(at, end);
  }

  /** Where a word ends that is followed by `'s`, `n't` and the like. */
  #beforeClitic(at: number, apostrophe: number, clitic: number): number {
    if ((this.#text.charCodeAt(clitic - 1) | 0x20) !== 0x74) return apostrophe;
    const before = this.#text.charCodeAt(apostrophe - 1) | 0x20;
    if (before !== 0x6e) return apostrophe;
    // Alone, `n't` is what was left of the word before.
    return apostrophe - 1 === at ? clitic : apostrophe - 1;
  }

  /** Takes in the last point of `e.g.` and `J.`. */
  #withPoint(at: number, end: number): number {
    const text = this.#text;
    if (text.charCodeAt(end) !== POINT) return end;
    if (text.charCodeAt(end + 1) === POINT) return end;
    if (this.#classes[text.charCodeAt(end - 1)] < letter) return end;
    const single = end - 1 === at || text.charCodeAt(end - 2) === POINT;
    return single ? end + 1 : end;
  }

  /** Where the symbol at `at` ends. */
  #symbol(at: number): number {
    const text = this.#text;
    const unit = text.charCodeAt(at);
    if (this.#classes[unit] === pair) {
      const whole = (text.codePointAt(at) ?? 0) >= 0x10000;
      if (whole) this.#pairs++;
      return whole ? at + 2 : at + 1;
    }
    let end = at + 1;
    if (unit !== POINT && unit !== HYPHEN) return end;
    while (end < text.length && text.charCodeAt(end) === unit) end++;
    return end;
  }
}

const HYPHEN = 0x2d;
const POINT = 0x2e;

function isApostrophe(unit: number): boolean {
  return unit === 0x27 || unit === 0x2019;
}

/** Whether a symbol between two characters makes one word of them. */
function joins(symbol: number, before: number, after: number): boolean {
  if (after < pair) return false;
  switch (symbol) {
    case POINT:
      // In `end.Next` a blank was lost.
      return !(before === letter && after === capital);
    case 0x2c: // ,
    case 0x2f: // /
    case 0x3a: // :
      return before === number && after === number;
    case 0x26: // &
    case 0x40: // @
    case 0x5f: // _
      return true;
    default:
      return isApostrophe(symbol) && before >= letter;
  }
}

/**
 * Where `'s`, `'t`, `'m`, `'d`, `'re`, `'ve` or `'ll` ends that begins at an
 * apostrophe; 0 if none does.
 */
function cliticEnd(text: string, apostrophe: number): number {
  const first = text.charCodeAt(apostrophe + 1) | 0x20;
  const second = text.charCodeAt(apostrophe + 2) | 0x20;
  const isLetter = second >= 0x61 && second <= 0x7a;
  switch (first) {
    case 0x73: // s
    case 0x74: // t
    case 0x6d: // m
    case 0x64: // d
      return isLetter ? 0 : apostrophe + 2;
    case 0x72: // re
    case 0x76: // ve
      return second === 0x65 && !followed(text, apostrophe + 3)
        ? apostrophe + 3
        : 0;
    case 0x6c: // ll
      return second === 0x6c && !followed(text, apostrophe + 3)
        ? apostrophe + 3
        : 0;
    default:
      return 0;
  }
}

/** Whether an ASCII letter goes on. */
function followed(text: string, at: number): boolean {
  const unit = text.charCodeAt(at) | 0x20;
  return unit >= 0x61 && unit <= 0x7a;
}
