import { join, resolve } from "@std/path";
import { InputError } from "../input_error.ts";
import { isRecord } from "../is_record.ts";
import { nearest } from "../nearest.ts";
import { parseYaml } from "../parse_yaml.ts";
import { isUrl } from "../read/is_url.ts";
import { parseField, quote, type Section } from "../schema.ts";
import type { CurationConfig, CurationSource } from "./curation_config.ts";
import { CURATION_KEYS, SHARD_KEYS, SOURCE_KEYS } from "./curation_schema.ts";

/**
 * Reads a curation's configuration. Every key is checked; a missing one has
 * its default. Steps are checked when they are made.
 *
 * @param text YAML, one mapping.
 * @param source The file's name, for messages.
 * @param folder Where relative paths begin: the folder of the file.
 * @returns The whole configuration, with absolute paths.
 * @throws {InputError} If the text is no YAML, a key is unknown, a value is not
 * allowed, or there is no source.
 *
 * @example
 * ```ts
 * import { parseCurationConfig } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const text = "sources: [{ paths: [books] }]\nsteps: [normalize]";
 * const config = parseCurationConfig(text, "curate.yaml", "/data");
 * assertEquals(config.sources[0].paths, ["/data/books"]);
 * assertEquals(config.tokenizer, "bytes");
 * ```
 */
export function parseCurationConfig(
  text: string,
  source: string,
  folder: string,
): CurationConfig {
  const given = mappingOf(parseYaml(text, source), "", source);
  const { sources, shards, ...plain } = given;
  const keys = [...Object.keys(CURATION_KEYS), "sources", "shards"];
  const config = parseKeys(CURATION_KEYS, plain, "", source, keys);
  if (!Array.isArray(sources) || sources.length === 0) {
    throw new InputError(
      `${source}: "sources" is ${
        quote(sources)
      }; it must be a list of at least one source, as in "sources: [{ paths: [web/*.jsonl] }]"`,
    );
  }
  const list: readonly unknown[] = sources;
  const parsed = list.map((value, i) => parseSource(value, i, source, folder));
  const names = new Set<string>();
  for (const { name } of parsed) {
    if (names.has(name)) {
      throw new InputError(
        `${source}: two sources have the name ${quote(name)}; rename one`,
      );
    }
    names.add(name);
  }
  const section = shards === undefined || shards === null
    ? {}
    : mappingOf(shards, "shards", source);
  return {
    ...config,
    out: resolve(folder, config.out),
    tokenizer: ["bytes", "characters"].includes(config.tokenizer)
      ? config.tokenizer
      : resolve(folder, config.tokenizer),
    sources: parsed,
    shards: parseKeys(SHARD_KEYS, section, "shards.", source),
  };
}

function parseSource(
  value: unknown,
  index: number,
  source: string,
  folder: string,
): CurationSource {
  const where = `sources[${index}]`;
  const given = mappingOf(value, where, source);
  const parsed = parseKeys(SOURCE_KEYS, given, `${where}.`, source);
  if (parsed.paths.length === 0) {
    throw new InputError(
      `${source}: "${where}.paths" is missing; name files, folders, globs or URLs`,
    );
  }
  if (parsed.weight !== null && parsed.epochs !== null) {
    throw new InputError(
      `${source}: "${where}" has a weight and epochs; give one of them`,
    );
  }
  return {
    ...parsed,
    name: parsed.name || `source${index + 1}`,
    paths: parsed.paths.map((path) =>
      isUrl(path) ? path : absolute(folder, path)
    ),
  };
}

/** An absolute path; `resolve` and `join` leave globs as they are. */
function absolute(folder: string, path: string): string {
  return resolve(path) === path ? path : join(resolve(folder), path);
}

function parseKeys<T>(
  section: Section<T>,
  given: Readonly<Record<string, unknown>>,
  prefix: string,
  source: string,
  known: readonly string[] = Object.keys(section),
): T {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    const guess = nearest(key, known);
    throw new InputError(
      `${source}: unknown key "${prefix}${key}"; ` +
        (guess === undefined
          ? `the keys are ${known.join(", ")}`
          : `did you mean "${prefix}${guess}"?`),
    );
  }
  const parsed: Partial<T> = {};
  for (const key in section) {
    parsed[key] = Object.hasOwn(given, key)
      ? parseField(section[key], given[key], `${prefix}${key}`, source)
      : section[key].default;
  }
  return parsed as T;
}

function mappingOf(
  value: unknown,
  where: string,
  source: string,
): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value;
  throw new InputError(
    `${source}: ${where === "" ? "it" : `"${where}"`} is ${
      quote(value)
    }; it must be a mapping of keys`,
  );
}
