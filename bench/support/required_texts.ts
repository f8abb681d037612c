import { InputError } from "../../data/input_error.ts";
import type { BenchArguments } from "./arguments.ts";

/**
 * The folder of texts, for a part of the benchmark that cannot do without.
 *
 * @param args What the command line asks for.
 * @param doing What takes the texts, as `compare recipes`.
 * @param files What the folder holds, paths in it.
 * @throws {InputError} if the folder is not named.
 */
export function requiredTexts(
  { texts }: BenchArguments,
  doing: string,
  files: readonly string[],
): string {
  if (texts !== undefined) return texts;
  throw new InputError(
    `Cannot ${doing} without texts: name the folder that holds ` +
      `${files.join(", ")} with --texts`,
  );
}
