import { unrolled } from "./attention_layout.ts";

/** log2(e): scores are kept in base 2, where the exponential is cheapest. */
export const LOG2_E: number = Math.LOG2E;

/**
 * Scores of keys that a query does not see. Far below the first maximum, so
 * that their weight is zero even where a query has seen nothing else yet.
 */
const UNSEEN = "-2e30";
const FIRST_MAXIMUM = "-1e30";

/** What a loop over keys with a running softmax works on. */
export interface OnlineSoftmax {
  /** Queries held in registers. */
  readonly queries: number;
  /** Keys taken per turn. */
  readonly keys: number;
  /** Chunks of four elements in what an invocation holds of a head. */
  readonly chunks: number;
  /** WGSL of a chunk of key number `key` of the turn. */
  loadKey(key: number, chunk: number): string;
  /** WGSL of a chunk of value number `key` of the turn. */
  loadValue(key: number, chunk: number): string;
  /** WGSL condition: the query sees this key of the turn. */
  visible(query: number, key: number): string;
  /** WGSL between the scores and their use, such as an exchange of parts. */
  readonly afterScores?: string;
}

/**
 * WGSL that declares the running state of every query `i`: maximum `m_i`, sum
 * of weights `l_i` and weighted values `o_i_c` in chunks `c`.
 */
export function softmaxState(
  { queries, chunks }: Pick<OnlineSoftmax, "queries" | "chunks">,
): string {
  return unrolled(
    queries,
    (i) =>
      `var m_${i} = ${FIRST_MAXIMUM}; var l_${i} = 0.0;\n` +
      unrolled(chunks, (c) => `var o_${i}_${c} = vec4<f32>();`),
  );
}

/**
 * WGSL of one turn of flash attention's loop (Dao et al. 2022, arXiv
 * 2205.14135): scores of all queries against the turn's keys, the running
 * softmax, the weighted values. Queries `q_i_c` are in registers, scaled so that
 * scores are in base 2.
 */
export function softmaxTurn(turn: OnlineSoftmax): string {
  const { queries, keys, chunks } = turn;
  const each = (
    count: number,
    line: (index: number) => string,
    between: string,
  ) => Array.from({ length: count }, (_, index) => line(index)).join(between);
  return `
${unrolled(queries, (i) => unrolled(keys, (j) => `var s_${i}_${j} = 0.0;`))}
${
    unrolled(keys, (j) =>
      unrolled(chunks, (c) =>
        `{
  let k = ${turn.loadKey(j, c)};
  ${unrolled(queries, (i) => `s_${i}_${j} += dot(q_${i}_${c}, k);`)}
}`))
  }
${turn.afterScores ?? ""}
${
    unrolled(queries, (i) => `
${
      unrolled(
        keys,
        (j) =>
          `s_${i}_${j} = select(${UNSEEN}, s_${i}_${j}, ${
            turn.visible(i, j)
          });`,
      )
    }
let n_${i} = ${
      Array.from({ length: keys }, (_, j) => `s_${i}_${j}`)
        .reduce((most, score) => `max(${most}, ${score})`, `m_${i}`)
    };
let a_${i} = exp2(m_${i} - n_${i});
m_${i} = n_${i};
${unrolled(keys, (j) => `s_${i}_${j} = exp2(s_${i}_${j} - n_${i});`)}
l_${i} = l_${i} * a_${i} + ${each(keys, (j) => `s_${i}_${j}`, " + ")};`)
  }
${
    unrolled(chunks, (c) =>
      `{
  ${unrolled(keys, (j) => `let v_${j} = ${turn.loadValue(j, c)};`)}
  ${
        unrolled(queries, (i) =>
          `o_${i}_${c} = o_${i}_${c} * a_${i} + ${
            each(keys, (j) => `s_${i}_${j} * v_${j}`, " + ")
          };`)
      }
}`)
  }`;
}
