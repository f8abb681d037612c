import type { Random } from "../random.ts";
import { capitalize, listed, withArticle } from "./english.ts";
import { isHeldOut } from "./held_out.ts";
import { arithmeticKey } from "./skill/arithmetic.ts";
import { between, sample } from "./skill/skill.ts";
import { spellingKey } from "./skill/spelling.ts";
import {
  DAYS,
  KINDS,
  NATURAL_COLORS,
  OPPOSITES,
  SCALES,
  SPELLED,
} from "./words.ts";

const SENTENCES = 6;

const TOPICS: readonly ((random: Random) => string)[] = [
  sumSentence,
  kindSentence,
  letterSentence,
  numberSentence,
  oppositeSentence,
  colorSentence,
  daySentence,
  scaleSentence,
];

/**
 * Writes a page of facts on one topic, as a first textbook would state them.
 *
 * @param random Where chance comes from.
 * @returns A few sentences on one line.
 */
export function drawLesson(random: Random): string {
  const topic = random.pick(TOPICS);
  const sentences = new Set<string>();
  while (sentences.size < SENTENCES) sentences.add(topic(random));
  return [...sentences].join(" ");
}

function sumSentence(random: Random): string {
  for (;;) {
    const a = between(random, 1, 20);
    const b = between(random, 1, 9);
    if (isHeldOut(arithmeticKey(a, "plus", b))) continue;
    return `${a} plus ${b} is ${a + b}.`;
  }
}

function kindSentence(random: Random): string {
  const kind = random.pick(Object.keys(KINDS));
  const words = sample(random, KINDS[kind], 2);
  return random.integer(2) === 0
    ? `The words ${listed(words, "and")} each name ${withArticle(kind)}.`
    : `The word ${words[0]} names ${withArticle(kind)}.`;
}

function letterSentence(random: Random): string {
  for (;;) {
    const word = random.pick(SPELLED);
    const keys = ["first", "last"].map((place) => spellingKey(word, place));
    if (keys.some(isHeldOut)) continue;
    return `The word ${word} begins with ${word[0]} and ends with ` +
      `${word[word.length - 1]}.`;
  }
}

function numberSentence(random: Random): string {
  const number = between(random, 2, 40);
  return random.integer(2) === 0
    ? `After ${number} comes ${number + 1}.`
    : `${number + between(random, 1, 9)} is bigger than ${number}.`;
}

function oppositeSentence(random: Random): string {
  const pair = random.pick(OPPOSITES);
  const [a, b] = random.integer(2) === 0 ? pair : pair.toReversed();
  return `The opposite of ${a} is ${b}.`;
}

function colorSentence(random: Random): string {
  const [thing, color] = random.pick(NATURAL_COLORS);
  return `${capitalize(thing)} is ${color}.`;
}

function daySentence(random: Random): string {
  const day = random.integer(DAYS.length);
  return `The day after ${DAYS[day]} is ${DAYS[(day + 1) % DAYS.length]}.`;
}

function scaleSentence(random: Random): string {
  const { more, most, least } = random.pick(SCALES);
  const [a, b, c] = sample(random, ["first", "second", "third"], 3);
  return `If the ${a} is ${more} than the ${b}, and the ${b} is ${more} than ` +
    `the ${c}, then the ${a} is the ${most} and the ${c} is the ${least}.`;
}
