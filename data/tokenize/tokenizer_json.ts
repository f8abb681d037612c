import { InputError } from "../input_error.ts";
import { isRecord } from "../is_record.ts";

/** Ids above this would make tables of absurd size. */
const MAX_VOCAB = 1 << 24;

/** One entry of `added_tokens`. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  /** Whether its match depends on what stands around it. */
  readonly contextual: boolean;
  readonly normalized: boolean;
}

/** A part of the pipeline: its type and whatever belongs to it. */
export type Component = Readonly<Record<string, unknown>> & {
  readonly type: string;
};

/** What a `tokenizer.json` says, as far as it had to be looked at. */
export interface TokenizerJson {
  /** The whole file, parsed. */
  readonly root: Readonly<Record<string, unknown>>;
  readonly model: Component;
  readonly normalizer: Component | null;
  readonly preTokenizer: Component | null;
  readonly addedTokens: readonly AddedToken[];
  /** Ids by token, added tokens included. */
  readonly ids: ReadonlyMap<string, number>;
  readonly vocabSize: number;
}

/**
 * Parses and checks a `tokenizer.json`.
 *
 * @param text The file's content, from an untrusted source.
 * @param path What to call it in errors.
 * @returns Its checked parts.
 * @throws {InputError} If it is not such a file.
 */
export function parseTokenizerJson(text: string, path: string): TokenizerJson {
  const fail = (what: string): never => {
    throw new InputError(`Cannot load the tokenizer '${path}': ${what}`);
  };
  const root = parseObject(text, path);
  const component = (value: unknown, name: string): Component | null => {
    if (value === null || value === undefined) return null;
    if (!isComponent(value)) return fail(`its "${name}" names no type`);
    if (!hasPatterns(value)) {
      return fail(`a step of its "${name}" lacks the pattern it needs`);
    }
    return value;
  };
  const rawModel = root.model;
  if (!isRecord(rawModel)) return fail(`it has no "model"`);
  // Files older than the field hold BPE where they hold merges.
  const type = typeof rawModel.type === "string"
    ? rawModel.type
    : Array.isArray(rawModel.merges)
    ? "BPE"
    : fail(`its "model" names no type`);
  const model: Component = { ...rawModel, type };

  const ids = new Map<string, number>();
  const owners = new Map<number, string>();
  const claim = (token: unknown, id: unknown): void => {
    if (
      typeof token !== "string" || typeof id !== "number" ||
      !Number.isInteger(id) || id < 0 || id >= MAX_VOCAB
    ) {
      return fail(
        `the token ${JSON.stringify(token)} has the id ${
          JSON.stringify(id)
        }, not an integer in 0 … ${MAX_VOCAB - 1}`,
      );
    }
    const owner = owners.get(id);
    if (owner !== undefined && owner !== token) {
      return fail(
        `the tokens ${JSON.stringify(owner)} and ${
          JSON.stringify(token)
        } share the id ${id}`,
      );
    }
    owners.set(id, token);
    ids.set(token, id);
  };
  const vocab = model.vocab;
  if (Array.isArray(vocab)) {
    vocab.forEach((entry, id) =>
      claim(Array.isArray(entry) ? entry[0] : entry, id)
    );
  } else if (isRecord(vocab)) {
    for (const [token, id] of Object.entries(vocab)) claim(token, id);
  } else {
    fail(`its "model" has no "vocab"`);
  }
  const addedTokens: AddedToken[] = [];
  const added = root.added_tokens ?? [];
  if (!Array.isArray(added)) return fail(`its "added_tokens" is not a list`);
  for (const entry of added) {
    if (!isRecord(entry)) {
      return fail(`an entry of "added_tokens" is no object`);
    }
    claim(entry.content, entry.id);
    const special = entry.special === true;
    addedTokens.push({
      id: Number(entry.id),
      content: String(entry.content),
      special,
      contextual: entry.lstrip === true || entry.rstrip === true ||
        entry.single_word === true,
      normalized: typeof entry.normalized === "boolean"
        ? entry.normalized
        : !special,
    });
  }
  component(root.decoder, "decoder");
  if (ids.size === 0) fail("its vocabulary is empty");
  let highest = 0;
  for (const id of owners.keys()) highest = Math.max(highest, id);
  return {
    root,
    model,
    normalizer: component(root.normalizer, "normalizer"),
    preTokenizer: component(root.pre_tokenizer, "pre_tokenizer"),
    addedTokens,
    ids,
    vocabSize: highest + 1,
  };
}

/**
 * Parses a JSON file that has to hold an object.
 *
 * @param text The file's content.
 * @param path What to call it in errors.
 * @returns The object.
 * @throws {InputError} If it is not JSON or not an object.
 */
export function parseObject(
  text: string,
  path: string,
): Readonly<Record<string, unknown>> {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (cause) {
    throw new InputError(
      `Cannot load the tokenizer: '${path}' is not JSON (${
        cause instanceof Error ? cause.message : cause
      })`,
      { cause },
    );
  }
  if (!isRecord(root)) {
    throw new InputError(
      `Cannot load the tokenizer: '${path}' does not hold a JSON object`,
    );
  }
  return root;
}

/** @returns Whether `value` is an object with a `type`. */
export function isComponent(value: unknown): value is Component {
  return isRecord(value) && typeof value.type === "string";
}

/** Whether every step that works by a pattern has one, at any depth. */
function hasPatterns(step: unknown): boolean {
  if (Array.isArray(step)) return step.every(hasPatterns);
  if (!isRecord(step)) return true;
  if (step.type === "Split" || step.type === "Replace") {
    const { pattern } = step;
    return isRecord(pattern) && (typeof pattern.Regex === "string" ||
      typeof pattern.String === "string");
  }
  return Object.values(step).every(hasPatterns);
}
