import { mix32 } from "../mix32.ts";

/** One problem in this many is held out. */
const HELD_OUT_ONE_IN = 10;

/**
 * Whether a problem is kept out of every training text, whatever its seed, so
 * that it can examine a model that has learnt.
 *
 * @param key The canonical name of the problem: equal for all wordings and
 * orders that would give its answer away.
 * @returns Whether the problem is for exams only.
 */
export function isHeldOut(key: string): boolean {
  let hash = key.length;
  for (let i = 0; i < key.length; i++) {
    hash = mix32(hash ^ Math.imul(key.charCodeAt(i), 0x9e3779b9));
  }
  return hash % HELD_OUT_ONE_IN === 0;
}
