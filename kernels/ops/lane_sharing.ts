import type { Capabilities } from "../runtime/capabilities.ts";
import { unrolled } from "./attention_layout.ts";

/** Invocations of a subgroup that share what all of them read: a workgroup. */
export const SHARING = 8;

/**
 * Whether invocations read parts of what all of a workgroup need and get the
 * rest from each other. It pays on CPUs, whose vectors' lanes they are: there a
 * load takes dozens of instructions, and a value of another lane one.
 */
export function sharesLanes(
  { software, features, subgroupSize }: Capabilities,
): boolean {
  return software && features.has("subgroups") && subgroupSize === SHARING;
}

/** Vectors that a workgroup reads together. */
export interface SharedVectors {
  /** WGSL that comes first. */
  readonly declared: string;
  /** WGSL of a vector by its number. */
  at(number: number): string;
}

/**
 * Vectors of which each invocation, `lane`, reads every eighth.
 *
 * @param name Prefix of what is declared.
 * @param count How many there are.
 * @param read WGSL that reads the vector of a number, which is WGSL too, of the
 * eight of a part; also of numbers up to the next multiple of eight.
 */
export function sharedVectors(
  name: string,
  count: number,
  read: (number: string, part: number) => string,
): SharedVectors {
  return {
    declared: unrolled(
      Math.ceil(count / SHARING),
      (part) =>
        `let ${name}_part${part} = ${
          read(`(lane + ${part * SHARING}u)`, part)
        };`,
    ),
    at: (number) =>
      `subgroupBroadcast(${name}_part${Math.floor(number / SHARING)}, ${
        number % SHARING
      }u)`,
  };
}
