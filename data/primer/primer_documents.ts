import type { Document } from "../document.ts";
import { Random } from "../random.ts";
import { isHeldOut } from "./held_out.ts";
import { drawLesson } from "./lesson.ts";
import type { Level, Problem, Skill } from "./skill/skill.ts";
import { SKILLS } from "./skill/skills.ts";
import { drawStory } from "./story.ts";

/** Size of a corpus of which nothing else was said. */
const DEFAULT_BYTES = 4_000_000;

const PROBLEMS_PER_SHEET = 8;

/** How much of the primer to make. */
export interface PrimerOptions {
  /** The same seed gives the same documents. */
  readonly seed: number;
  /** How many documents at most. */
  readonly documents?: number;
  /** End after the document that reaches so many bytes of text. */
  readonly bytes?: number;
}

/**
 * Writes the primer: a corpus of plain ASCII English that teaches a small model
 * a few skills. Sheets of exercises (`Q: What is 3 plus 4? A: 7.`), pages of
 * facts, and short stories with questions, from easy to hard. The problems that
 * {@linkcode primerExercises} asks are in none of them.
 *
 * @param options Seed and size; 4 MB where neither size is given.
 * @returns The documents one after another; memory use does not grow.
 *
 * @example
 * ```ts
 * import { primerDocuments } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const [first, second] = primerDocuments({ seed: 1, documents: 2 });
 * assertEquals(first.id, "primer/1/0");
 * assertEquals(second.id, "primer/1/1");
 * ```
 */
export function* primerDocuments(options: PrimerOptions): Generator<Document> {
  const { seed, documents = Infinity } = options;
  const bytes = options.bytes ??
    (options.documents === undefined ? DEFAULT_BYTES : Infinity);
  let written = 0;
  for (let index = 0; index < documents && written < bytes; index++) {
    const progress = Math.max(index / documents, written / bytes);
    // A generator of its own for each document: one that changes leaves the
    // others as they are.
    const random = new Random(`${seed}/primer/${index}`);
    const text = drawText(random, progress);
    written += text.length;
    yield { id: `primer/${seed}/${index}`, text };
  }
}

/** One document; `progress` from 0 to 1 makes hard problems likelier. */
function drawText(random: Random, progress: number): string {
  const kind = random.uniform();
  if (kind < 0.1) return storyWithQuestions(random);
  if (kind < 0.2) return drawLesson(random) + "\n";
  if (kind < 0.6) {
    const skill = random.pick(SKILLS);
    const sheet = problems(random, () => skill, progress);
    return random.integer(4) === 0 ? `${skill.lesson}\n${sheet}` : sheet;
  }
  return problems(random, () => random.pick(SKILLS), progress);
}

function storyWithQuestions(random: Random): string {
  const { text, questions } = drawStory(random);
  const asked = random.shuffle([...questions]).slice(0, 2);
  return [
    text,
    ...asked.map(([question, answer]) => questionLine(question, answer)),
  ].join("\n") + "\n";
}

function problems(
  random: Random,
  nextSkill: () => Skill,
  progress: number,
): string {
  let text = "";
  for (let i = 0; i < PROBLEMS_PER_SHEET; i++) {
    const level = drawLevel(random, progress);
    const { question, answer } = drawTaught(random, nextSkill(), level);
    text += questionLine(question, answer) + "\n";
  }
  return text;
}

/** A problem that is not held out. */
function drawTaught(random: Random, skill: Skill, level: Level): Problem {
  for (;;) {
    const problem = skill.draw(random, level);
    if (!isHeldOut(problem.key)) return problem;
  }
}

function drawLevel(random: Random, progress: number): Level {
  const draw = random.uniform();
  if (draw < 0.5 * (1 - progress)) return 1;
  return draw < 1 - 0.4 * Math.max(0, progress - 0.5) ? 2 : 3;
}

function questionLine(question: string, answer: string): string {
  return `Q: ${question} A: ${answer}.`;
}
