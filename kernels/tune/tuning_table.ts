import type { ChooseVariant } from "../plan/plan_options.ts";

/** What was measured of one variant of a problem. */
export interface VariantTiming {
  /** Name of the variant. */
  readonly variant: string;
  /** Seconds of a run; null where it failed. */
  readonly seconds: number | null;
  /** Seconds until the first run was over, compilation included. */
  readonly first_seconds: number | null;
  /** Why it failed; null where it did not. */
  readonly error: string | null;
}

/** What is known of one problem on one adapter. */
export interface TuningEntry {
  /** Name of the variant to use. */
  readonly variant: string;
  /** Digest of its kernels: other kernels have to be timed anew. */
  readonly kernel: string;
  /** Floating-point operations of a run. */
  readonly flops: number;
  /** Day of the measurement, `2025-01-31`. */
  readonly date: string;
  /** All timings, the heuristic's choice first. */
  readonly timings: readonly VariantTiming[];
}

/** What is known of an adapter: entries by problem. */
export type TuningTable = ReadonlyMap<string, TuningEntry>;

/** Version of the form in which tables are kept. */
const VERSION = 1;

/** A table as JSON, described for people who look into the file. */
export function stringifyTuningTable(
  table: TuningTable,
  adapter: Readonly<Record<string, unknown>>,
): string {
  const contents = {
    version: VERSION,
    adapter,
    problems: Object.fromEntries(table),
  };
  return JSON.stringify(contents, null, 2) + "\n";
}

/**
 * Reads a table.
 *
 * @param text The file's text, from the outside.
 * @returns The table; undefined if the text is no table of this version.
 */
export function parseTuningTable(text: string): TuningTable | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(json) || json.version !== VERSION || !isRecord(json.problems)) {
    return undefined;
  }
  const entries = Object.entries(json.problems);
  const valid = entries.filter((entry): entry is [string, TuningEntry] =>
    isEntry(entry[1])
  );
  return valid.length === entries.length ? new Map(valid) : undefined;
}

/**
 * The choice of variants that a table makes; problems that it does not know,
 * and variants that no longer exist, are left to the heuristic.
 */
export function chooseBy(
  variants: ReadonlyMap<string, string>,
): ChooseVariant {
  return (problem, candidates) => {
    const wanted = variants.get(problem);
    return candidates.find(({ name }) => name === wanted) ?? candidates[0];
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEntry(value: unknown): value is TuningEntry {
  return isRecord(value) && typeof value.variant === "string" &&
    typeof value.kernel === "string" && typeof value.date === "string" &&
    isPositive(value.flops) && Array.isArray(value.timings) &&
    value.timings.every(isTiming);
}

function isTiming(value: unknown): value is VariantTiming {
  return isRecord(value) && typeof value.variant === "string" &&
    (value.seconds === null || isPositive(value.seconds)) &&
    (value.first_seconds === null || isPositive(value.first_seconds)) &&
    (value.error === null || typeof value.error === "string");
}

function isPositive(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
