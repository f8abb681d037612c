/**
 * llm.c's token files: a header of 256 little-endian i32, of which the first
 * three are magic number, version and number of tokens, then the tokens.
 */
export const HEADER_BYTES = 1024;

/** Type in which a shard stores its ids. */
export type TokenType = "u16" | "u32";

/** One of the two layouts. */
export interface ShardLayout {
  readonly magic: number;
  readonly version: number;
  readonly type: TokenType;
  readonly bytesPerToken: 2 | 4;
}

/** The layouts by type. */
export const SHARD_LAYOUTS: Readonly<Record<TokenType, ShardLayout>> = {
  u16: { magic: 20240520, version: 1, type: "u16", bytesPerToken: 2 },
  u32: { magic: 20240801, version: 7, type: "u32", bytesPerToken: 4 },
};

/** The header's i32 holds no more. */
export const MAX_SHARD_TOKENS = 2 ** 31 - 1;
