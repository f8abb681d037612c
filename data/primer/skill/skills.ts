import { arithmetic } from "./arithmetic.ts";
import { comparison } from "./comparison.ts";
import { counting } from "./counting.ts";
import { kinds } from "./kinds.ts";
import { ordering } from "./ordering.ts";
import { recall } from "./recall.ts";
import { sequence } from "./sequence.ts";
import type { Skill } from "./skill.ts";
import { spelling } from "./spelling.ts";

/** What the primer teaches. */
export const SKILLS: readonly Skill[] = [
  arithmetic,
  counting,
  comparison,
  recall,
  ordering,
  spelling,
  sequence,
  kinds,
];
