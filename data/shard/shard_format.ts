import type { DocumentEnds } from "./document_ends.ts";

/** Type in which a shard stores its ids. */
export type TokenType = "u16" | "u32";

/** Bytes that one id takes. */
export const TOKEN_BYTES: Readonly<Record<TokenType, 2 | 4>> = {
  u16: 2,
  u32: 4,
};

/** A format of token files. */
export type ShardFormatName = "llm.c" | "nanogpt" | "datatrove" | "megatron";

/** Names of the formats, the usual one first. */
export const SHARD_FORMATS: readonly ShardFormatName[] = [
  "llm.c",
  "nanogpt",
  "datatrove",
  "megatron",
];

/** More tokens go into no file: llm.c's header counts them in an i32. */
export const MAX_SHARD_TOKENS = 2 ** 31 - 1;

/** Where a shard's tokens lie; all of it has been checked. */
export interface ShardLayout {
  readonly format: ShardFormatName;
  /** The file that holds the tokens. */
  readonly path: string;
  readonly type: TokenType;
  /** Byte at which the tokens begin, a multiple of their size. */
  readonly start: number;
  /** How many there are; the file holds so many. */
  readonly tokenCount: number;
  /**
   * @returns Where documents end, to be closed after use, or null where the
   * shard does not say.
   * @throws {InputError} If the ends cannot be.
   */
  openEnds(): DocumentEnds | null;
}

/** What a shard holds, for the files beside it. */
export interface ShardContent {
  readonly type: TokenType;
  readonly tokenCount: number;
  /** Ends of its documents, ascending, or null where they are not known. */
  readonly ends: Uint32Array | null;
}

/** A file that belongs to a shard. */
export interface SideFile {
  readonly path: string;
  readonly chunks: Iterable<Uint8Array>;
}

/** How a format is read and written: tokens one after another, little-endian. */
export interface ShardFormat {
  readonly name: ShardFormatName;
  /** How the names of its files end, with the point. */
  readonly extension: string;
  /**
   * Finds the tokens of a file.
   *
   * @param path The file, from an untrusted source.
   * @throws {InputError} If it is none of this format, or is damaged.
   */
  layout(path: string): ShardLayout;
  /**
   * @returns What stands before the tokens; its length depends on nothing.
   * @throws {InputError} If the format has no such ids.
   */
  header(content: Omit<ShardContent, "ends">): Uint8Array;
  /** @returns The files beside the one at `path`. */
  sideFiles(path: string, content: ShardContent): SideFile[];
}
