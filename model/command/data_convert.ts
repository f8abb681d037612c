import { basename, join } from "@std/path";
import { withAtomicDirectory } from "../../data/atomic_write.ts";
import { exists } from "../../data/exists.ts";
import { formatCount } from "../../data/format.ts";
import { InputError } from "../../data/input_error.ts";
import { convertShards } from "../../data/shard/convert_shards.ts";
import {
  SHARD_FORMATS,
  type ShardFormatName,
} from "../../data/shard/shard_format.ts";
import type { Command } from "./command.ts";

/** Rewrites token files for other trainers, or from theirs. */
export const dataConvert: Command = {
  name: "data convert",
  summary: "Write token files in another trainer's format",
  usage: "data convert FILE… --to FORMAT --out DIR",
  examples: [
    "data convert corpus/train/*.bin --to megatron --out megatron",
    "data convert 00000_tokens.ds --to llm.c --out tokens",
    "data convert train.bin --from nanogpt --to datatrove --out tokens",
  ],
  positionals: { min: 1, max: Infinity },
  options: [
    {
      name: "to",
      kind: "string",
      choices: SHARD_FORMATS,
      description: "Format to write",
    },
    {
      name: "from",
      kind: "string",
      choices: SHARD_FORMATS,
      description: "Format of the files, where their names and first bytes " +
        "do not tell",
    },
    {
      name: "out",
      kind: "string",
      placeholder: "DIR",
      description: "Folder for the files; must not exist",
    },
    {
      name: "shard-tokens",
      kind: "integer",
      minimum: 1,
      description: "Tokens after which a new file begins; 100,000,000 " +
        "unless told",
    },
  ],
  details: "Where the documents end is kept if all files say so: nanoGPT's " +
    "and llm.c's\nin a file .index beside them, as datatrove has it.",
  async run(args, output) {
    const to = formatOf(args.string("to"));
    const out = args.string("out");
    if (to === undefined || out === undefined) {
      throw new InputError(
        `Cannot convert without --${
          to === undefined ? "to FORMAT" : "out DIR"
        }: minnow data convert FILE… --to FORMAT --out DIR`,
      );
    }
    if (await exists(out)) {
      throw new InputError(
        `Cannot convert into '${out}': it exists; choose another folder`,
      );
    }
    const from = formatOf(args.string("from"));
    const shardTokens = args.number("shard-tokens");
    const shards = await withAtomicDirectory(
      out,
      (folder) =>
        convertShards(args.positionals, {
          folder,
          to,
          ...(from === undefined ? {} : { from }),
          ...(shardTokens === undefined ? {} : { shardTokens }),
        }),
    );
    for (const { path, tokens, documents } of shards) {
      const file = join(out, basename(path));
      output.line(
        `${file}: ${formatCount(tokens, "tokens")}` +
          (documents === null ? "" : `, ${formatCount(documents)} documents`),
      );
      output.object({ file, tokens, documents });
    }
    return 0;
  },
};

function formatOf(name: string | undefined): ShardFormatName | undefined {
  return SHARD_FORMATS.find((format) => format === name);
}
