/** A person in a story. Names are short, so that prompts are. */
export interface Person {
  /** The name, with a capital. */
  readonly name: string;
  /** What stands for the name as a subject. */
  readonly subject: "he" | "she";
  /** What stands for the name as an owner. */
  readonly owner: "his" | "her";
}

// Names, things and colors differ in their first letter as far as may be: a
// small model then has one letter to choose, not a word.
const BOYS = ["Tom", "Ben", "Sam", "Max"];
const GIRLS = ["Ann", "Eva", "Lily", "Zoe"];

/** The people there are. */
export const PEOPLE: readonly Person[] = [
  ...BOYS.map((name): Person => ({ name, subject: "he", owner: "his" })),
  ...GIRLS.map((name): Person => ({ name, subject: "she", owner: "her" })),
];

/** Colors, each at most six letters long. */
export const COLORS: readonly string[] = [
  "red",
  "blue",
  "green",
  "yellow",
  "white",
  "pink",
];

/** Small things that can be owned, found and counted. */
export const THINGS: readonly string[] = [
  "ball",
  "hat",
  "cup",
  "kite",
  "drum",
  "pen",
  "map",
  "net",
];

/** Kinds of things, with words that belong to one kind only. */
export const KINDS: Readonly<Record<string, readonly string[]>> = {
  animal: ["dog", "cat", "cow", "pig", "bear", "fox"],
  fruit: ["apple", "pear", "plum", "lemon", "grape", "cherry"],
  color: COLORS,
  vehicle: ["bus", "van", "car", "truck", "train", "ship"],
  tool: ["saw", "hammer", "spoon", "fork", "knife", "brush"],
  drink: ["milk", "water", "juice", "tea", "cocoa", "soda"],
  number: ["one", "two", "three", "four", "five", "six"],
};

/** Short words for things, whose plural takes a plain s. */
export const COUNTED: readonly string[] = [
  "dog",
  "cat",
  "cow",
  "pig",
  "bear",
  "lion",
  "duck",
  "owl",
  "swan",
  "pear",
  "plum",
  "apple",
  "ball",
  "hat",
  "cup",
  "bag",
  "kite",
  "boat",
  "car",
  "book",
  "doll",
  "drum",
  "bell",
  "star",
  "tree",
  "egg",
  "key",
  "ring",
  "hen",
  "ant",
  "bee",
  "frog",
  "goat",
  "coin",
  "rock",
  "shoe",
  "lamp",
  "door",
];

/** Places a story can go to, each with the word for being there. */
export const PLACES: readonly { readonly name: string; readonly at: string }[] =
  [
    { name: "park", at: "in" },
    { name: "forest", at: "in" },
    { name: "river", at: "at" },
    { name: "beach", at: "on" },
    { name: "garden", at: "in" },
    { name: "farm", at: "on" },
    { name: "market", at: "at" },
    { name: "hill", at: "on" },
  ];

/** Comparatives with superlatives, and the same for their opposite. */
export const SCALES: readonly {
  readonly more: string;
  readonly most: string;
  readonly least: string;
}[] = [
  { more: "taller", most: "tallest", least: "shortest" },
  { more: "faster", most: "fastest", least: "slowest" },
  { more: "older", most: "oldest", least: "youngest" },
];

/** Words and their opposites. */
export const OPPOSITES: readonly (readonly [string, string])[] = [
  ["hot", "cold"],
  ["big", "small"],
  ["day", "night"],
  ["up", "down"],
  ["fast", "slow"],
  ["happy", "sad"],
  ["old", "young"],
  ["wet", "dry"],
  ["full", "empty"],
  ["open", "closed"],
  ["hard", "soft"],
  ["loud", "quiet"],
];

/** Things that have a color by nature. */
export const NATURAL_COLORS: readonly (readonly [string, string])[] = [
  ["Grass", "green"],
  ["Snow", "white"],
  ["The sky", "blue"],
  ["The sun", "yellow"],
  ["Blood", "red"],
  ["Coal", "black"],
  ["Milk", "white"],
  ["A lemon", "yellow"],
];

/** The days of the week. */
export const DAYS: readonly string[] = [
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
  "Sunday",
];

/** Every word whose letters are asked for, without repeats. */
export const SPELLED: readonly string[] = [
  ...new Set([
    ...Object.values(KINDS).flat(),
    ...THINGS,
    ...COUNTED,
    ...OPPOSITES.flat(),
    ...PLACES.map(({ name }) => name),
  ]),
];
