import { datatrove } from "./format/datatrove.ts";
import {
  beginsAsLlmc,
  isEmptyHeader,
  llmc,
  LLMC_HEADER_BYTES,
} from "./format/llmc.ts";
import { megatron, megatronPaths } from "./format/megatron.ts";
import { nanogpt } from "./format/nanogpt.ts";
import { ShardFile } from "./shard_file.ts";
import type {
  ShardFormat,
  ShardFormatName,
  ShardLayout,
} from "./shard_format.ts";

/** The formats by name. */
export const FORMATS: Readonly<Record<ShardFormatName, ShardFormat>> = {
  "llm.c": llmc,
  nanogpt,
  datatrove,
  megatron,
};

/**
 * Finds a shard's tokens. The format is told by the name and the first bytes:
 * `.ds` is datatrove's, `.idx` and a `.bin` that has one beside it Megatron's,
 * any other `.bin` llm.c's if it begins as those do, and else nanoGPT's.
 *
 * @param path The file, from an untrusted source.
 * @param format Its format, where it is known.
 * @returns Where the tokens are, checked.
 * @throws {InputError} If it is no shard, or is damaged.
 */
export function findLayout(
  path: string,
  format?: ShardFormatName,
): ShardLayout {
  return (format === undefined ? formatOf(path) : FORMATS[format])
    .layout(path);
}

function formatOf(path: string): ShardFormat {
  if (path.endsWith(datatrove.extension)) return datatrove;
  const { idx } = megatronPaths(path);
  if (path === idx) return megatron;
  using file = ShardFile.open(path);
  const head = new Uint8Array(Math.min(LLMC_HEADER_BYTES, file.size));
  file.read(0, head);
  if (beginsAsLlmc(head)) return llmc;
  if (isFile(idx)) return megatron;
  // A damaged header gets llm.c's message.
  return isEmptyHeader(head) ? llmc : nanogpt;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
