import { formatCount } from "../../format.ts";
import { type DocumentEnds, openDocumentIndex } from "../document_ends.ts";
import { shardError, ShardFile } from "../shard_file.ts";
import {
  type ShardFormat,
  TOKEN_BYTES,
  type TokenType,
} from "../shard_format.ts";
import { documentIndexOf } from "./llmc.ts";

/** Longer than any that datatrove writes. */
const MAX_METADATA_BYTES = 65_536;

/**
 * Files of datatrove's `TokenizedFile`: `x.ds` with the ids alone, `x.ds.index`
 * with the documents' ends, and `x.ds.metadata` with three lines: the tokenizer
 * and the bytes of an id, the number of tokens, and the same for people.
 */
export const datatrove: ShardFormat = {
  name: "datatrove",
  extension: ".ds",
  layout(path) {
    using file = ShardFile.open(path);
    const { size } = file;
    const type = readMetadata(path, size) ?? typeOfIndex(path, size) ?? "u16";
    const tokenCount = size / TOKEN_BYTES[type];
    if (!Number.isInteger(tokenCount)) {
      throw shardError(
        path,
        `it has ${size} bytes, no multiple of the ${
          TOKEN_BYTES[type]
        } of an id; it is cut off or damaged`,
      );
    }
    const openEnds = (): DocumentEnds | null =>
      openDocumentIndex(path, tokenCount);
    // An index of other tokens tells now that one of the two is cut off.
    openEnds()?.close();
    return { format: "datatrove", path, type, start: 0, tokenCount, openEnds };
  },
  header: () => new Uint8Array(),
  sideFiles(path, { type, tokenCount, ends }) {
    const whole = Uint32Array.from(tokenCount > 0 ? [tokenCount] : []);
    const metadata = [
      // The tokenizer has no name here; datatrove takes the size from this.
      `Unknown Tokenizer|${TOKEN_BYTES[type]}`,
      String(tokenCount),
      formatCount(tokenCount, "T", true),
    ].join("\n");
    return [
      ...documentIndexOf(path, { ends: ends ?? whole }),
      {
        path: metadataPath(path),
        chunks: [new TextEncoder().encode(metadata)],
      },
    ];
  },
};

function metadataPath(path: string): string {
  return `${path}.metadata`;
}

/** The type of ids that the metadata names, or null where there is none. */
function readMetadata(path: string, size: number): TokenType | null {
  const name = metadataPath(path);
  let text: string;
  try {
    const info = Deno.statSync(name);
    if (info.size > MAX_METADATA_BYTES) {
      throw shardError(name, `its ${info.size} bytes are no metadata`);
    }
    text = Deno.readTextFileSync(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const [first, second = ""] = text.split("\n");
  const bytes = first.slice(first.lastIndexOf("|") + 1).trim();
  const type = bytes === "2" ? "u16" : bytes === "4" ? "u32" : null;
  if (type === null) {
    throw shardError(
      name,
      `its first line ends with '${
        bytes.slice(0, 40)
      }'; it has to be the bytes of an id, 2 or 4`,
    );
  }
  const count = second.trim();
  if (/^\d+$/.test(count) && Number(count) * TOKEN_BYTES[type] !== size) {
    throw shardError(
      path,
      `its metadata counts ${count} tokens of ${
        TOKEN_BYTES[type]
      } bytes, and it has ${size} bytes; it is cut off or damaged`,
    );
  }
  return type;
}

/** The type of ids with which the last document ends where the file does. */
function typeOfIndex(path: string, size: number): TokenType | null {
  const types: readonly TokenType[] = ["u16", "u32"];
  for (const type of types) {
    const count = size / TOKEN_BYTES[type];
    try {
      const ends = openDocumentIndex(path, count);
      ends?.close();
      return ends === null ? null : type;
    } catch {
      // The caller reports what is wrong if no type fits.
    }
  }
  return null;
}
