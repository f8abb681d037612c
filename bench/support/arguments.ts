import { parseArgs } from "@std/cli";
import { InputError } from "../../data/input_error.ts";
import { nearest } from "../../data/nearest.ts";
import { SIZES } from "./sizes.ts";

/** The parts of the benchmark, in the order in which they run. */
export const PARTS = [
  "kernels",
  "step",
  "start",
  "scaling",
  "tune",
  "roofline",
  "peers",
  "loader",
  "dedup",
  "prepare",
  "curation",
  "recipes",
  "compute",
  "tokenizer",
] as const;

/** A part of the benchmark. */
export type Part = typeof PARTS[number];

/** What runs where no part is named: minutes, and nothing from outside. */
const DEFAULT_PARTS: readonly Part[] = ["kernels", "step", "start"];

/** What peers can be compared at besides the configurations: square products. */
export const MATMUL = "matmul";

/** What the command line asks for. */
export interface BenchArguments {
  /** Parts to run. */
  readonly parts: readonly Part[];
  /** Whether results are printed as JSON lines. */
  readonly json: boolean;
  /** Whether results are saved in `bench/results`. */
  readonly save: boolean;
  /** Whether all variants of each kernel are timed. */
  readonly variants: boolean;
  /** Whether help was asked for. */
  readonly help: boolean;
  /** Names of configurations; none for each part's own. */
  readonly configs: readonly string[];
  /** Time of each measurement; a part's own where absent. */
  readonly seconds: number | undefined;
  /** What the name of a kernel, peer, series, GPU or size has to contain. */
  readonly filter: string;
  /** File of another adapter's kernel timings. */
  readonly other: string | undefined;
  /** Folder of llm.c's source. */
  readonly llmc: string | undefined;
  /** Folder of texts to train and to measure on. */
  readonly texts: string | undefined;
}

const BOOLEANS = ["json", "save", "variants", "help"];
const STRINGS = ["config", "seconds", "filter", "other", "llmc", "texts"];

/**
 * Reads the command line of the benchmark.
 *
 * @param args Arguments.
 * @returns What they ask for.
 * @throws {InputError} if one is unknown or has a value that does not fit.
 */
export function parseBenchArguments(args: readonly string[]): BenchArguments {
  const parsed = parseArgs([...args], {
    boolean: BOOLEANS,
    string: [...STRINGS, "_"],
    collect: ["config"],
    unknown(argument, key) {
      if (key !== undefined) throw unknownOption(argument);
    },
  });
  const values = new Map(
    STRINGS.map((name) => {
      const given = parsed[name];
      const list = (Array.isArray(given) ? given : [given ?? []]).flat();
      return [name, list.map((value) => valueOf(name, value))];
    }),
  );
  const last = (name: string) => values.get(name)?.at(-1);
  const parts = parsed._.map((part) => partOf(String(part)));
  return {
    parts: parts.length > 0
      ? PARTS.filter((part) => parts.includes(part))
      : DEFAULT_PARTS,
    json: parsed.json === true,
    save: parsed.save === true,
    variants: parsed.variants === true,
    help: parsed.help === true,
    configs: (values.get("config") ?? []).flatMap((list) => list.split(","))
      .map((name) => configOf(name, parts)),
    seconds: secondsOf(last("seconds")),
    filter: last("filter") ?? "",
    other: last("other"),
    llmc: last("llmc"),
    texts: last("texts"),
  };
}

function valueOf(name: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new InputError(`Option '--${name}' needs a value: --${name}=VALUE`);
}

function partOf(name: string): Part {
  const part = PARTS.find((each) => each === name);
  if (part) return part;
  throw new InputError(
    `Unknown part '${name}' of the benchmark: ${suggestion(name, PARTS)}`,
  );
}

function configOf(name: string, parts: readonly Part[]): string {
  const peersAlone = parts.length > 0 &&
    parts.every((part) => part === "peers");
  const known = [...SIZES.keys(), ...(peersAlone ? [MATMUL] : [])];
  if (known.includes(name)) return name;
  throw new InputError(
    `Unknown configuration '${name}': ${suggestion(name, known)}`,
  );
}

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (text.trim() !== "" && seconds > 0 && seconds <= 3600) return seconds;
  throw new InputError(
    `Option '--seconds' cannot be '${text}': it has to be a number above 0 ` +
      "and at most 3600",
  );
}

function unknownOption(argument: string): InputError {
  const name = argument.replace(/^-+/, "").replace(/=.*$/s, "");
  return new InputError(
    `Unknown option '${argument}': ${
      suggestion(name, [...BOOLEANS, ...STRINGS])
    }`,
  );
}

function suggestion(name: string, known: readonly string[]): string {
  const found = nearest(name, known);
  return found ? `did you mean '${found}'?` : `there are ${known.join(", ")}`;
}
