import type { Random } from "../../random.ts";
import { listed, withArticle } from "../english.ts";
import { KINDS } from "../words.ts";
import { type Problem, sample, type Skill } from "./skill.ts";

/** Telling kinds of things apart. */
export const kinds: Skill = {
  name: "kinds",
  lesson: "Things of one kind belong together.",
  draw(random, level) {
    if (level === 1) return kindOfWord(random);
    return level === 2 ? memberOfKind(random) : oddOneOut(random);
  },
};

function kindOfWord(random: Random): Problem {
  const kind = random.pick(Object.keys(KINDS));
  const word = random.pick(KINDS[kind]);
  return {
    key: `kind of ${word}`,
    question: `What kind of word is ${word}?`,
    answer: withArticle(kind),
    wrong: Object.keys(KINDS).filter((other) => other !== kind)
      .map(withArticle),
  };
}

function memberOfKind(random: Random): Problem {
  const [kind, ...others] = sample(random, Object.keys(KINDS), 4);
  const right = random.pick(KINDS[kind]);
  const wrong = others.map((other) => random.pick(KINDS[other]));
  const words = random.shuffle([right, ...wrong]);
  return {
    key: `${kind} of ${words.toSorted().join(" ")}`,
    question: `Of ${listed(words, "and")}, which is ${withArticle(kind)}?`,
    answer: right,
    wrong,
  };
}

function oddOneOut(random: Random): Problem {
  const [kind, other] = sample(random, Object.keys(KINDS), 2);
  const wrong = sample(random, KINDS[kind], 3);
  const right = random.pick(KINDS[other]);
  const words = random.shuffle([right, ...wrong]);
  return {
    key: `not ${kind} of ${words.toSorted().join(" ")}`,
    question: `Of ${listed(words, "and")}, which is not ${withArticle(kind)}?`,
    answer: right,
    wrong,
  };
}
