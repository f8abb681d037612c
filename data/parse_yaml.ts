import { parse } from "@std/yaml";
import { InputError } from "./input_error.ts";

/**
 * Reads YAML. Its timestamps and binaries are no values of any key.
 *
 * @param text YAML, from an untrusted source.
 * @param source The file's name, for messages.
 * @returns What the document holds; null for an empty one.
 * @throws {InputError} If the text is no YAML; names the source.
 */
export function parseYaml(text: string, source: string): unknown {
  try {
    return parse(text, { schema: "core" });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(
      `${source}: is not valid YAML: ${reason.split("\n")[0]}`,
      { cause: error },
    );
  }
}
