import { InputError } from "../../input_error.ts";
import { openDocumentIndex } from "../document_ends.ts";
import { shardError, ShardFile } from "../shard_file.ts";
import type { ShardFormat } from "../shard_format.ts";
import { documentIndexOf } from "./llmc.ts";

/** Files of karpathy/nanoGPT's `prepare.py`: u16 ids and nothing else. */
export const nanogpt: ShardFormat = {
  name: "nanogpt",
  extension: ".bin",
  layout(path) {
    using file = ShardFile.open(path);
    const { size } = file;
    if (size % 2 !== 0) {
      throw shardError(
        path,
        `it has ${size} bytes, an odd number, and begins with no magic number of llm.c's: it is neither a file of u16 tokens nor one of llm.c's; it is cut off or holds something else`,
      );
    }
    const tokenCount = size / 2;
    return {
      format: "nanogpt",
      path,
      type: "u16",
      start: 0,
      tokenCount,
      openEnds: () => openDocumentIndex(path, tokenCount),
    };
  },
  header({ type }) {
    if (type === "u16") return new Uint8Array();
    throw new InputError(
      "Cannot write tokens in nanoGPT's format: its ids take two bytes, and the vocabulary has more than 65,536; choose llm.c, datatrove or megatron",
    );
  },
  sideFiles: documentIndexOf,
};
