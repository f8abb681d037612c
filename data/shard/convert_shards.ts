import { InputError } from "../input_error.ts";
import { openShard } from "./shard.ts";
import type { DocumentTokens } from "./piece_stream.ts";
import type { ShardFormatName } from "./shard_format.ts";
import { writeShards, type WrittenShard } from "./shard_writer.ts";
import { TokenSource } from "./token_source.ts";

/** Tokens that are in memory at once. */
const PIECE_TOKENS = 1 << 18;

/** Options of {@linkcode convertShards}. */
export interface ConvertOptions {
  /** Folder that takes the files; has to exist. */
  readonly folder: string;
  /** Format to write. */
  readonly to: ShardFormatName;
  /** Format of the files, where name and first bytes do not tell. */
  readonly from?: ShardFormatName;
  /** Tokens of a file at most, as in {@linkcode writeShards}. */
  readonly shardTokens?: number;
  /** What the files' names begin with. */
  readonly prefix?: string;
}

/**
 * Writes token files in another format, with where their documents end if all
 * of them say so. Ids keep their two or four bytes.
 *
 * @param paths The shards in order.
 * @param options Where to and how.
 * @returns The files in order.
 * @throws {InputError} If a shard is damaged, there is no token, or the format
 * has no such ids.
 */
export async function convertShards(
  paths: readonly string[],
  options: ConvertOptions,
): Promise<WrittenShard[]> {
  const { folder, to, from, shardTokens, prefix } = options;
  const open = { ...(from === undefined ? {} : { format: from }) };
  const wide = paths.some((path) => {
    const shard = openShard(path, open);
    shard.close();
    return shard.dtype === "u32";
  });
  // As many ids as fit; Megatron's are signed.
  const vocabSize = wide ? 2 ** 31 : 2 ** 16;
  const source = TokenSource.open(paths, { ...open, vocabSize });
  try {
    if (source.tokenCount === 0) {
      throw new InputError(
        `Cannot convert '${paths.join("', '")}': there is no token in it`,
      );
    }
    return await writeShards(piecesOf(source), {
      folder,
      vocabSize,
      format: to,
      ...(shardTokens === undefined ? {} : { shardTokens }),
      ...(prefix === undefined ? {} : { prefix }),
    });
  } finally {
    source.close();
  }
}

function* piecesOf(
  source: TokenSource,
): Generator<Uint32Array | DocumentTokens> {
  const documents = source.documents();
  let next = 0;
  for (let at = 0; at < source.tokenCount; at += PIECE_TOKENS) {
    const count = Math.min(PIECE_TOKENS, source.tokenCount - at);
    const tokens = new Uint32Array(count);
    source.read(at, tokens);
    if (documents === null) {
      yield tokens;
      continue;
    }
    const ends: number[] = [];
    while (next < documents.count) {
      const end = documents.end(next) - at;
      if (end > count) break;
      ends.push(end);
      next++;
    }
    yield { tokens, ends };
  }
}
