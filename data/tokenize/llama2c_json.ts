import type { Llama2cFile } from "./llama2c_file.ts";
import { savedFiles } from "./saved_files.ts";

/** SentencePiece's visible space. */
const SPACE = "\u2581";

/**
 * Writes a llama2.c vocabulary as Hugging Face's byte-pair encoding: scores
 * become the order of merges, the leading space a normalizer.
 *
 * @param file The vocabulary.
 * @returns `tokenizer.json` and `tokenizer_config.json` by name.
 */
export function llama2cJson(file: Llama2cFile): ReadonlyMap<string, string> {
  // The markers come with line ends around them, for printing.
  const pieces = file.tokens.map((token, id) =>
    id < 3 ? token.trim() : token.replaceAll(" ", SPACE)
  );
  const ids = new Map<string, number>();
  pieces.forEach((piece, id) => {
    if (!ids.has(piece)) ids.set(piece, id);
  });
  return savedFiles({
    endOfText: { id: 1, content: pieces[1] },
    otherSpecial: [0, 2].map((id) => ({ id, content: pieces[id] })),
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "Prepend", prepend: SPACE },
        { type: "Replace", pattern: { String: " " }, content: SPACE },
      ],
    },
    preTokenizer: null,
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: { String: SPACE }, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
        { type: "Strip", content: " ", start: 1, stop: 0 },
      ],
    },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: pieces[0],
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(ids),
      merges: mergesByScore(pieces, file.scores, ids),
    },
  });
}

/**
 * Every way to make a token of two others, the best score first. Bytes and
 * markers have no parts.
 */
function mergesByScore(
  pieces: readonly string[],
  scores: Float32Array,
  ids: ReadonlyMap<string, number>,
): string[] {
  const merges: { score: number; left: string; right: string }[] = [];
  for (let id = 259; id < pieces.length; id++) {
    const characters = [...pieces[id]];
    for (let cut = 1; cut < characters.length; cut++) {
      const left = characters.slice(0, cut).join("");
      const right = characters.slice(cut).join("");
      if (ids.has(left) && ids.has(right)) {
        merges.push({ score: scores[id], left, right });
      }
    }
  }
  return merges
    .sort((a, b) => b.score - a.score)
    .map(({ left, right }) => `${left} ${right}`);
}
