import { resolve } from "@std/path";
import { defaultsOf, parseField, type Section } from "../schema.ts";
import { parseStep, STEP_DEFINITIONS } from "./step_catalog.ts";

/** A step whose options are all known. */
export interface ResolvedStep {
  /** What it is called in a configuration. */
  readonly name: string;
  /** Whether it judges documents one by one or sees the corpus. */
  readonly kind: "document" | "corpus";
  /** Every option, given or not, as a configuration would write it. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What the configuration says of the step, paths made absolute. */
  readonly value: unknown;
  /** Files that options name, with size and time of their last change. */
  readonly files: readonly FileStamp[];
}

/** A file as it was found. */
export interface FileStamp {
  /** Absolute path. */
  readonly path: string;
  /** Size in bytes. */
  readonly bytes: number;
  /** Last change, in milliseconds since 1970; 0 where unknown. */
  readonly modified?: number;
  /** SHA-256 of the content, where it is known. */
  readonly sha256?: string;
}

/**
 * Checks a step of a configuration and finds out what it depends on.
 *
 * @param value What the configuration says of it.
 * @param where Where it says so, for messages.
 * @param folder Where relative paths begin.
 * @returns The step, resolved.
 * @throws {InputError} If step or option is unknown, a value is not allowed, or
 * a file that an option names cannot be used.
 */
export async function resolveStep(
  value: unknown,
  where: string,
  folder: string,
): Promise<ResolvedStep> {
  const files: FileStamp[] = [];
  const found = await withPaths(value, folder, files);
  const { name, kind } = await parseStep(found, where);
  const definition = STEP_DEFINITIONS.find((known) => known.name === name);
  const given = typeof found === "object" && found !== null
    ? Object.values(found)[0] ?? {}
    : {};
  const options = definition === undefined
    ? {}
    : printedOptions(definition.options, given, where);
  return { name, kind, options, value: found, files };
}

function printedOptions<T>(
  section: Section<T>,
  given: object,
  where: string,
): Record<string, unknown> {
  const options = defaultsOf(section);
  const printed: Record<string, unknown> = {};
  for (const key in section) {
    const value: unknown = Reflect.get(given, key);
    if (Object.hasOwn(given, key)) {
      options[key] = parseField(section[key], value, key, where);
    }
    printed[key] = section[key].print(options[key]);
  }
  return printed;
}

/** Makes every text that names an existing file absolute, and notes the file. */
async function withPaths(
  value: unknown,
  folder: string,
  files: FileStamp[],
): Promise<unknown> {
  if (typeof value === "string") {
    // A word alone is a name or a mode, whatever lies in the folder.
    if (!/[./\\]/.test(value)) return value;
    const path = resolve(folder, value);
    const info = await Deno.stat(path).catch(() => null);
    if (info === null) return value;
    const modified = info.mtime?.getTime() ?? 0;
    files.push({ path, bytes: info.size, modified });
    return path;
  }
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) items.push(await withPaths(item, folder, files));
    return items;
  }
  if (typeof value !== "object" || value === null) return value;
  const mapping: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    mapping[key] = await withPaths(item, folder, files);
  }
  return mapping;
}
