import type { Random } from "../../../data/random.ts";

/** What tokenizers trip over; `…` in the names of Unicode blocks' samples. */
const PARTS: readonly string[] = [
  ..."aeiostzAEIOSTZ0123456789.,;:!?'\"()[]{}<>-_=+*/\\|@#$%^&~`",
  ..."         \t\t\n\n\r",
  ..."\u00a0\u0085\ufeff\u2028\u2029\u3000\u200b\u180e\u001c\u0000\u007f",
  ..."äöüßéñçøåÆŒſK\u0130ıΣςЖя",
  ..."\u0301\u0308\u0327\u20dd\u093e\u0e31",
  ..."½²Ⅷ٣५๓〇𝟘",
  ..."東京猫のカヴ한국어조각ㅎㅏ",
  ..."हिन्दीবাংলাதமிழ்ไทยעבריתالعربية",
  ..."😀👍🏽🇩🇪𝕏𐍈",
  "👩‍🚀",
  "👨‍👩‍👧‍👦",
  "\ud800",
  "\udc00x",
  "\r\n",
  "\r\n\r\n",
  "'s",
  "'S",
  "'ll",
  "'LL",
  "'vE",
  "'re",
  "'m",
  "'d",
  "'t",
  "'ſ",
  " '",
  "don't",
  "the",
  " the",
  " and",
  " of",
  "ing",
  " quick",
  "function",
  "    ",
  "        ",
  "\n\n  ",
  "https://example.org/a?b=c&d=1",
  "<|endoftext|>",
  "e\u0301\u0301\u0301",
];

/**
 * A text made to be hard to tokenize: all kinds of white space, contractions,
 * marks, numbers, scripts, emoji sequences, lone surrogates, long runs.
 *
 * @param random Where the choices come from.
 * @returns Up to some hundred characters.
 */
export function fuzzedText(random: Random): string {
  let text = "";
  for (let left = random.integer(40); left > 0; left--) {
    const part = PARTS[random.integer(PARTS.length)];
    text += random.integer(12) === 0
      ? part.repeat(1 + random.integer(30))
      : part;
  }
  return text;
}
