import { InputError } from "../../data/input_error.ts";
import {
  boolean,
  integer,
  nullable,
  number,
  parseField,
  type Section,
  text,
} from "../../data/schema.ts";

/** A finished run of a sweep, as a line of `points.jsonl` has it. */
export interface SweepResult {
  /** Name of the run, such as `1e12-64x2`. */
  readonly name: string;
  /** C that it was to train for, in floating-point operations. */
  readonly budget: number;
  /** C that its whole steps came to. */
  readonly flops: number;
  /** N, parameters of the model. */
  readonly parameters: number;
  /** Blocks. */
  readonly layers: number;
  /** Width of the residual stream. */
  readonly width: number;
  /** D, tokens trained on. */
  readonly tokens: number;
  /** Different tokens that there were. */
  readonly unique_tokens: number;
  /** Optimizer steps. */
  readonly steps: number;
  /** Sequences of a step. */
  readonly sequences: number;
  /** Highest learning rate. */
  readonly learning_rate: number;
  /** Loss on the tokens held out, in nats a token. */
  readonly loss: number;
  /** The same in bits a byte of text; null where bytes are not known. */
  readonly bits_per_byte: number | null;
  /** What the law of the sweep had predicted. */
  readonly predicted_loss: number;
  /** Whether the law had chosen this size. */
  readonly chosen: boolean;
  /** Seconds of training. */
  readonly seconds: number;
  /** SHA-256 of the run's configuration, the data's place left out. */
  readonly run: string;
}

const positive = (description: string) =>
  number({ default: 1, above: 0, description });
const count = (description: string) =>
  integer({ default: 1, minimum: 1, description });

const FIELDS: Section<SweepResult> = {
  name: text({ default: "-", description: "name" }),
  budget: positive("operations it was to train for"),
  flops: positive("operations it trained for"),
  parameters: count("parameters"),
  layers: count("blocks"),
  width: count("width"),
  tokens: count("tokens trained on"),
  unique_tokens: count("different tokens"),
  steps: count("steps"),
  sequences: count("sequences of a step"),
  learning_rate: positive("highest learning rate"),
  loss: positive("loss in nats"),
  bits_per_byte: nullable(positive("bits a byte"), "unknown"),
  predicted_loss: positive("loss by the law"),
  chosen: boolean({ default: false, description: "chosen by the law" }),
  seconds: positive("seconds"),
  run: text({ default: "-", description: "digest of the configuration" }),
};

/**
 * Reads a line of `points.jsonl`.
 *
 * @param line The line, from the outside.
 * @param source File and line, for messages.
 * @throws {InputError} If it is no such line.
 */
export function parseSweepResult(line: string, source: string): SweepResult {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    throw new InputError(`${source}: is not valid JSON`, { cause: error });
  }
  if (typeof json !== "object" || json === null) {
    throw new InputError(`${source}: is no run of a sweep`);
  }
  const given = json;
  const result: Partial<Record<keyof SweepResult, unknown>> = {};
  for (const [key, field] of Object.entries(FIELDS)) {
    const value: unknown = Reflect.get(given, key);
    result[key as keyof SweepResult] = parseField<unknown>(
      field,
      value,
      key,
      source,
    );
  }
  return result as SweepResult;
}
