import {
  boolean,
  choice,
  type Field,
  integer,
  nullable,
  number,
  type Section,
  text,
  texts,
} from "../schema.ts";
import { MAX_SHARD_TOKENS, SHARD_FORMATS } from "../shard/shard_format.ts";
import type {
  CurationConfig,
  CurationSource,
  ShardSection,
} from "./curation_config.ts";

/** Keys of `curate.yaml` that are no lists of mappings or sections. */
export const CURATION_KEYS: Section<
  Omit<CurationConfig, "sources" | "shards">
> = {
  out: text({
    default: "corpus",
    description: "folder that takes the corpus",
  }),
  seed: integer({
    default: 1,
    minimum: 0,
    description: "seed of the shuffle, the split, the mixture, of samples",
  }),
  tokenizer: text({
    default: "bytes",
    description: "bytes, or the path of a tokenizer",
  }),
  steps: steps("steps for all sources, in order"),
  shuffle: boolean({
    default: true,
    description: "put documents into a random order",
  }),
  mixture_tokens: nullable(
    number({
      default: 0,
      above: 0,
      description: "training tokens that weighted sources fill up to",
    }),
    "as many as they have",
  ),
  validation: nullable(
    number({
      default: 0.1,
      minimum: 0,
      below: 1,
      description: "share of the text kept for validation",
    }),
    "a tenth, but about 4 MiB at most",
  ),
  workers: nullable(
    integer({
      default: 1,
      minimum: 1,
      maximum: 256,
      description: "threads that judge documents and encode them",
    }),
    "one a core",
  ),
  keep_stages: boolean({
    default: true,
    description: "keep finished stages, so that a change recomputes only " +
      "what follows it",
  }),
};

/** Keys of each of `sources`. */
export const SOURCE_KEYS: Section<CurationSource> = {
  name: text({ default: "", description: "name in tables" }),
  paths: texts({
    default: [],
    description: "files, folders, globs and URLs",
  }),
  text_field: text({
    default: "text",
    description: "field of a record that holds the text",
  }),
  id_field: text({
    default: "id",
    description: "field of a record that names the document",
  }),
  metadata_fields: nullable(
    texts({
      default: [],
      description: "fields of a record that go along with the text",
    }),
    "all",
  ),
  skip_bad: boolean({
    default: true,
    description: "count and pass over what cannot be read",
  }),
  weight: nullable(
    number({
      default: 1,
      minimum: 0,
      description: "share of the mixture, relative to other weights",
    }),
    "as many epochs as are given",
  ),
  epochs: nullable(
    number({
      default: 1,
      minimum: 0,
      description: "how often the source is gone through",
    }),
    "one, or what the weight asks for",
  ),
  steps: steps("steps for this source alone, before the common ones"),
};

/** Keys of `shards`. */
export const SHARD_KEYS: Section<ShardSection> = {
  format: choice({
    choices: SHARD_FORMATS,
    default: "llm.c",
    description: "layout of the token files",
  }),
  tokens: integer({
    default: 100_000_000,
    minimum: 1,
    maximum: MAX_SHARD_TOKENS,
    description: "tokens of a file at most",
  }),
  packing: choice({
    choices: ["concat", "best_fit"],
    default: "concat",
    description: "let documents follow one another, or fit them into contexts",
  }),
  context: integer({
    default: 1024,
    minimum: 2,
    maximum: 2 ** 20,
    description: "tokens of a context that documents are fitted into",
  }),
};

/** A list of steps, which the catalog of steps checks. */
function steps(description: string): Field<readonly unknown[]> {
  return {
    default: [],
    allowed: "a list of steps",
    description,
    parse: (value) => {
      if (value === null) return [];
      return Array.isArray(value) ? [...value] : undefined;
    },
    print: (value) => [...value],
  };
}
