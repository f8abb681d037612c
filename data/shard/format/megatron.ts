import {
  checkEnds,
  type DocumentEnds,
  openContent,
  packIntegers,
  readU64,
} from "../document_ends.ts";
import { shardError, ShardFile } from "../shard_file.ts";
import {
  type ShardFormat,
  TOKEN_BYTES,
  type TokenType,
} from "../shard_format.ts";

const MAGIC = "MMIDIDX\0\0";
const VERSION = 1;
/** Magic, version, code of the type, and two counts. */
const HEAD_BYTES = 34;
/** Codes of the types that hold ids: numpy's uint16 and int32. */
const CODES: Readonly<Record<TokenType, number>> = { u16: 8, u32: 4 };

/**
 * Files of Megatron's `IndexedDataset`: `x.bin` with the ids alone and `x.idx`
 * with their type, then each sequence's length (i32) and offset in bytes (i64),
 * then each document's first sequence and the number of sequences (i64). Either
 * file's path stands for both. One document is written as one sequence.
 */
export const megatron: ShardFormat = {
  name: "megatron",
  extension: ".bin",
  layout(path) {
    const { bin, idx } = megatronPaths(path);
    const index = openIndex(idx);
    index.close();
    using file = ShardFile.open(bin);
    const { type, tokenCount } = index;
    if (tokenCount * TOKEN_BYTES[type] !== file.size) {
      throw shardError(
        bin,
        `its index counts ${tokenCount} tokens of ${
          TOKEN_BYTES[type]
        } bytes, and it has ${file.size} bytes; it is cut off or belongs to another index`,
      );
    }
    return {
      format: "megatron",
      path: bin,
      type,
      start: 0,
      tokenCount,
      openEnds() {
        const opened = openIndex(idx);
        if (opened.tokenCount === tokenCount) return opened;
        opened.close();
        throw shardError(idx, "it was changed while it was in use");
      },
    };
  },
  header: () => new Uint8Array(),
  sideFiles(path, { type, tokenCount, ends }) {
    const known = ends ?? Uint32Array.from(tokenCount > 0 ? [tokenCount] : []);
    const { length } = known;
    const start = (i: number): number => i === 0 ? 0 : known[i - 1];
    const head = new Uint8Array(HEAD_BYTES);
    head.set(new TextEncoder().encode(MAGIC));
    const view = new DataView(head.buffer);
    view.setBigUint64(9, BigInt(VERSION), true);
    view.setUint8(17, CODES[type]);
    view.setBigUint64(18, BigInt(length), true);
    view.setBigUint64(26, BigInt(length + 1), true);
    const size = TOKEN_BYTES[type];
    return [{
      path: megatronPaths(path).idx,
      chunks: {
        *[Symbol.iterator]() {
          yield head;
          yield* packIntegers(length, 4, (i) => known[i] - start(i));
          yield* packIntegers(length, 8, (i) => start(i) * size);
          yield* packIntegers(length + 1, 8, (i) => i);
        },
      },
    }];
  },
};

/**
 * @param path Either of the two files.
 * @returns Both.
 */
export function megatronPaths(
  path: string,
): { readonly bin: string; readonly idx: string } {
  const base = path.replace(/\.(bin|idx)$/, "");
  return { bin: `${base}.bin`, idx: `${base}.idx` };
}

interface Index extends DocumentEnds {
  readonly type: TokenType;
  readonly tokenCount: number;
}

/** Opens and checks an index; nothing of it is used before. */
function openIndex(path: string): Index {
  const content = openContent(path);
  if (content === null) {
    throw shardError(path, "there is no such file; tokens of Megatron need it");
  }
  try {
    return checkedIndex(path, content.view, content.close);
  } catch (error) {
    content.close();
    throw error;
  }
}

function checkedIndex(path: string, view: DataView, close: () => void): Index {
  const size = view.byteLength;
  const fail = (what: string): never => {
    throw shardError(path, what);
  };
  if (size < HEAD_BYTES) {
    fail(`it has ${size} bytes, fewer than the ${HEAD_BYTES} of a header`);
  }
  for (let i = 0; i < MAGIC.length; i++) {
    if (view.getUint8(i) !== MAGIC.charCodeAt(i)) {
      fail("it does not begin with MMIDIDX as Megatron's indices do");
    }
  }
  const version = readU64(view, 9);
  if (version !== VERSION) {
    fail(`its version is ${version}; it has to be ${VERSION}`);
  }
  const type = view.getUint8(17) === CODES.u16 ? "u16" : "u32";
  if (view.getUint8(17) !== CODES[type]) {
    fail(
      `its type has the code ${
        view.getUint8(17)
      }; ids are ${CODES.u16} (uint16) or ${CODES.u32} (int32)`,
    );
  }
  const sequences = readU64(view, 18);
  // Counts one more than there are, for the end.
  const marks = readU64(view, 26);
  const needed = HEAD_BYTES + sequences * 12 + marks * 8;
  // Data of several kinds has a byte more for each sequence.
  if (size !== needed && size !== needed + sequences) {
    fail(
      `it has ${size} bytes, and ${sequences} sequences and ${marks} document indices take ${needed}; it is cut off or damaged`,
    );
  }
  const offsets = HEAD_BYTES + sequences * 4;
  const documents = offsets + sequences * 8;
  const bytes = TOKEN_BYTES[type];
  let tokenCount = 0;
  for (let i = 0; i < sequences; i++) {
    const length = view.getInt32(HEAD_BYTES + i * 4, true);
    if (length < 0) fail(`sequence ${i} has the length ${length}`);
    const offset = readU64(view, offsets + i * 8);
    if (offset !== tokenCount * bytes) {
      fail(
        `sequence ${i} begins at byte ${offset}, and the ones before it end at ${
          tokenCount * bytes
        }; sequences have to follow one another`,
      );
    }
    tokenCount += length;
  }
  let last = 0;
  for (let i = 0; i < marks; i++) {
    const mark = readU64(view, documents + i * 8);
    if (mark < last || mark > sequences || (i === 0 && mark !== 0)) {
      fail(
        `document ${i} begins with sequence ${mark} of ${sequences}; the first has to begin with 0 and each after the one before`,
      );
    }
    last = mark;
  }
  const ends: DocumentEnds = {
    count: Math.max(0, marks - 1),
    end(index) {
      const sequence = readU64(view, documents + (index + 1) * 8);
      return sequence === sequences
        ? tokenCount
        : readU64(view, offsets + sequence * 8) / bytes;
    },
    close,
  };
  checkEnds(ends, tokenCount, path);
  return { ...ends, type, tokenCount };
}
