import {
  documentIndexPath,
  openDocumentIndex,
  packIntegers,
} from "../document_ends.ts";
import { shardError, ShardFile } from "../shard_file.ts";
import {
  type ShardContent,
  type ShardFormat,
  type SideFile,
  TOKEN_BYTES,
  type TokenType,
} from "../shard_format.ts";

/**
 * llm.c's token files: a header of 256 little-endian i32, of which the first
 * three are magic number, version and number of tokens, then the tokens.
 */
export const LLMC_HEADER_BYTES = 1024;

const HEADS: Readonly<
  Record<TokenType, { readonly magic: number; readonly version: number }>
> = {
  u16: { magic: 20240520, version: 1 },
  u32: { magic: 20240801, version: 7 },
};

const TYPES: readonly TokenType[] = ["u16", "u32"];

/** Files of karpathy/llm.c's `dataloader.h`. */
export const llmc: ShardFormat = {
  name: "llm.c",
  extension: ".bin",
  layout(path) {
    using file = ShardFile.open(path);
    const { size } = file;
    if (size < LLMC_HEADER_BYTES) {
      throw shardError(
        path,
        `it has ${size} bytes, fewer than the ${LLMC_HEADER_BYTES} of a header`,
      );
    }
    const head = new DataView(new ArrayBuffer(12));
    file.read(0, new Uint8Array(head.buffer));
    const [magic, version, tokenCount] = [0, 4, 8].map((at) =>
      head.getInt32(at, true)
    );
    const type = TYPES.find((each) => HEADS[each].magic === magic);
    if (type === undefined) {
      throw shardError(
        path,
        `it begins with ${magic}, not with the magic number ${HEADS.u16.magic} or ${HEADS.u32.magic} of llm.c's token files`,
      );
    }
    if (version !== HEADS[type].version) {
      throw shardError(
        path,
        `its version is ${version}; with this magic number it has to be ${
          HEADS[type].version
        }`,
      );
    }
    const needed = LLMC_HEADER_BYTES + tokenCount * TOKEN_BYTES[type];
    if (tokenCount < 0 || size !== needed) {
      throw shardError(
        path,
        `it claims ${tokenCount} tokens, which makes ${needed} bytes, and has ${size}; it is cut off or damaged`,
      );
    }
    return {
      format: "llm.c",
      path,
      type,
      start: LLMC_HEADER_BYTES,
      tokenCount,
      openEnds: () => openDocumentIndex(path, tokenCount),
    };
  },
  header({ type, tokenCount }) {
    const header = new DataView(new ArrayBuffer(LLMC_HEADER_BYTES));
    header.setInt32(0, HEADS[type].magic, true);
    header.setInt32(4, HEADS[type].version, true);
    header.setInt32(8, tokenCount, true);
    return new Uint8Array(header.buffer);
  },
  sideFiles: documentIndexOf,
};

/** @returns Whether a file's first bytes are those of one of llm.c's. */
export function beginsAsLlmc(head: Uint8Array): boolean {
  if (head.length < 4) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const magic = view.getInt32(0, true);
  return TYPES.some((type) => HEADS[type].magic === magic);
}

/**
 * @param head The first bytes of a file.
 * @returns Whether they are a header with another magic number: no text has
 * hundreds of tokens of id 0.
 */
export function isEmptyHeader(head: Uint8Array): boolean {
  return head.length >= 64 &&
    head.subarray(12, LLMC_HEADER_BYTES).every((byte) => byte === 0);
}

/**
 * The index beside a shard, where documents are known.
 *
 * @param path The shard.
 * @param content What it holds.
 */
export function documentIndexOf(
  path: string,
  { ends }: Pick<ShardContent, "ends">,
): SideFile[] {
  if (ends === null) return [];
  return [{
    path: documentIndexPath(path),
    chunks: packIntegers(ends.length, 8, (i) => ends[i]),
  }];
}
