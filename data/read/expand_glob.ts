import { glob } from "node:fs/promises";

/**
 * Whether a path stands for several.
 *
 * @param path What was given.
 * @returns Whether it holds one of `*`, `?`, `[` and `{`.
 */
export function isGlob(path: string): boolean {
  return /[*?[{]/.test(path);
}

/**
 * Finds the paths that a pattern stands for: `*` and `?` within a name, `**`
 * for any depth, `[a-c]` for one character, `{a,b}` for either. Hidden names
 * are passed over unless the pattern spells their dot.
 *
 * @param pattern The pattern.
 * @returns The paths in the order of their names.
 */
export async function expandGlob(pattern: string): Promise<string[]> {
  const paths = await Array.fromAsync(glob(pattern));
  return paths.sort();
}
