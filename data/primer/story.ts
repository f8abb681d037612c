import type { Random } from "../random.ts";
import { capitalize, counted, listed, withArticle } from "./english.ts";
import { isHeldOut } from "./held_out.ts";
import { arithmeticKey } from "./skill/arithmetic.ts";
import { between, sample } from "./skill/skill.ts";
import { COLORS, PEOPLE, type Person, PLACES, THINGS } from "./words.ts";

/** A short story with questions that it answers. */
export interface Story {
  /** What happens: a few sentences on one line. */
  readonly text: string;
  /** Questions, each with its answer. */
  readonly questions: readonly (readonly [string, string])[];
}

/** Whom and what a story is about. */
interface Cast {
  readonly hero: Person;
  readonly friend: Person;
  readonly thing: string;
  readonly color: string;
  /** `the park` */
  readonly place: string;
  /** `in the park` */
  readonly there: string;
}

const PLOTS: readonly ((random: Random, cast: Cast) => Story)[] = [
  lostAndFound,
  gift,
  sharing,
  walk,
  race,
  rain,
];

/**
 * Tells a story.
 *
 * @param random Where chance comes from.
 * @returns The story and what can be asked about it.
 */
export function drawStory(random: Random): Story {
  const [hero, friend] = sample(random, PEOPLE, 2);
  const { name, at } = random.pick(PLACES);
  const cast = {
    hero,
    friend,
    thing: random.pick(THINGS),
    color: random.pick(COLORS),
    place: `the ${name}`,
    there: `${at} the ${name}`,
  };
  return random.pick(PLOTS)(random, cast);
}

function lostAndFound(random: Random, cast: Cast): Story {
  const { hero, friend, thing, color, place, there } = cast;
  const he = capitalize(hero.subject);
  const spot = random.pick(["under a tree", "behind a rock", "in the grass"]);
  return {
    text: `${hero.name} had ${withArticle(color)} ${thing}. ` +
      `One day ${hero.subject} took it to ${place}. ` +
      `There ${hero.subject} lost the ${thing}. ${he} was sad. ` +
      `"I will help you," said ${friend.name}. ` +
      `They looked and looked. At last ${friend.name} found the ${thing} ` +
      `${spot}. "Thank you!" said ${hero.name}. ${he} was happy again.`,
    questions: [
      [`What did ${hero.name} lose?`, `${withArticle(color)} ${thing}`],
      [`Where did ${hero.name} lose it?`, there],
      [`Who found the ${thing}?`, friend.name],
      [`Where was the ${thing}?`, spot],
    ],
  };
}

function gift(random: Random, cast: Cast): Story {
  const { hero, friend, thing, color } = cast;
  const room = random.pick(["kitchen", "garden", "bedroom"]);
  const article = capitalize(withArticle(color));
  return {
    text: `It was ${hero.name}'s birthday. ${friend.name} came with a box. ` +
      `"This is for you," said ${friend.name}. ${hero.name} opened the box. ` +
      `${article} ${thing} was in it! "I love it," said ${hero.name}. ` +
      `They played with the ${thing} in the ${room} all day.`,
    questions: [
      ["Whose birthday was it?", hero.name],
      ["What was in the box?", `${withArticle(color)} ${thing}`],
      ["Where did they play?", `in the ${room}`],
    ],
  };
}

function sharing(random: Random, cast: Cast): Story {
  const { hero, friend } = cast;
  const fruit = random.pick(["apple", "pear", "plum", "lemon", "grape"]);
  const [all, given] = allowedDifference(random);
  const left = all - given;
  return {
    text: `${hero.name} had ${counted(all, fruit)}. ` +
      `${friend.name} was hungry and had none. ` +
      `"You can have some of mine," said ${hero.name}. ` +
      `${capitalize(hero.subject)} gave ${friend.name} ` +
      `${counted(given, fruit)}. Then ${hero.name} had ` +
      `${counted(left, fruit)}. It is good to share.`,
    questions: [
      [`How many ${fruit}s did ${hero.name} have first?`, String(all)],
      [`How many ${fruit}s did ${friend.name} get?`, String(given)],
      [`How many ${fruit}s did ${hero.name} have then?`, String(left)],
    ],
  };
}

/** Two numbers whose difference is not held out. */
function allowedDifference(random: Random): [number, number] {
  for (;;) {
    const all = between(random, 3, 12);
    const given = between(random, 1, all - 1);
    if (!isHeldOut(arithmeticKey(all, "minus", given))) return [all, given];
  }
}

function walk(random: Random, cast: Cast): Story {
  const { hero, place } = cast;
  const seen = sample(random, ["dog", "cow", "duck", "horse", "fox", "owl"], 3);
  const [first, second, third] = seen.map(withArticle);
  return {
    text: `One morning ${hero.name} walked to ${place}. ` +
      `First ${hero.subject} saw ${first}. Then ${hero.subject} saw ` +
      `${second}. Last of all ${hero.subject} saw ${third}. ` +
      `In the evening ${hero.subject} told ${hero.owner} mother about ` +
      `${listed(seen.map((animal) => `the ${animal}`), "and")}.`,
    questions: [
      [`Where did ${hero.name} walk?`, `to ${place}`],
      [`What did ${hero.name} see first?`, first],
      [`What did ${hero.name} see last?`, third],
    ],
  };
}

function race(random: Random, cast: Cast): Story {
  const { hero, friend, place } = cast;
  const slow = random.integer(2) === 0 ? hero : friend;
  const fast = slow === hero ? friend : hero;
  return {
    text: `${hero.name} and ${friend.name} ran a race to ${place}. ` +
      `${slow.name} was slow, because ${slow.subject} was tired. ` +
      `${fast.name} was fast and won. "Well done!" said ${slow.name}. ` +
      `"You will win next time," said ${fast.name}.`,
    questions: [
      ["Who won the race?", fast.name],
      ["Who was tired?", slow.name],
      ["Where did they run?", `to ${place}`],
    ],
  };
}

function rain(random: Random, cast: Cast): Story {
  const { hero, friend, color, there } = cast;
  const drink = random.pick(["tea", "milk", "cocoa"]);
  const wear = random.pick(["coat", "hat"]);
  return {
    text: `It was raining, so ${hero.name} put on ${hero.owner} ${color} ` +
      `${wear}. ${capitalize(there)} ${hero.subject} met ${friend.name}. ` +
      `${friend.name} had no ${wear} and was wet and cold. ` +
      `"Come home with me," said ${hero.name}. ` +
      `They sat by the fire and drank warm ${drink}.`,
    questions: [
      [`Why did ${hero.name} put on a ${wear}?`, "because it was raining"],
      [`What color was the ${wear}?`, color],
      ["Who was wet?", friend.name],
      ["What did they drink?", `warm ${drink}`],
    ],
  };
}
