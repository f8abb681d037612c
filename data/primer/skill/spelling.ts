import type { Random } from "../../random.ts";
import { capitalize } from "../english.ts";
import { SPELLED } from "../words.ts";
import type { Skill } from "./skill.ts";

const LETTERS = "abcdefghijklmnoprstuvwy";

/** Naming the first, last or another letter of a word. */
export const spelling: Skill = {
  name: "spelling",
  lesson: "A word is made of letters. It begins with its first letter.",
  draw(random, level) {
    const word = random.pick(SPELLED);
    const places = ["first", "last", "second"].slice(0, level);
    const place = random.pick(places);
    const index = place === "last"
      ? word.length - 1
      : place === "first"
      ? 0
      : 1;
    const letter = word[index];
    return {
      key: spellingKey(word, place),
      question: `${capitalize(place)} letter of ${word}?`,
      answer: letter,
      wrong: wrongLetters(random, word, letter),
    };
  },
};

/**
 * The canonical name of a question for a letter.
 *
 * @param word The word.
 * @param place Which letter.
 * @returns The key.
 */
export function spellingKey(word: string, place: string): string {
  return `${place} letter of ${word}`;
}

/** Other letters of the word before letters that are not in it. */
function wrongLetters(random: Random, word: string, right: string): string[] {
  const inside = [...new Set(word)].filter((letter) => letter !== right);
  const outside = [...LETTERS].filter((letter) => !word.includes(letter));
  return [...random.shuffle(inside), ...random.shuffle(outside)];
}
