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
}

/** WGSL that declares the weighted values of every query, `o_i_c` in chunks. */
export function valueSums(queries: number, chunks: number): string {
  return unrolled(
    queries,
    (i) => unrolled(chunks, (c) => `var o_${i}_${c} = vec4<f32>();`),
  );
}

/** WGSL that declares every query's maximum `m_i` and sum of weights `l_i`. */
export function softmaxState(queries: number): string {
  return unrolled(
    queries,
    (i) => `var m_${i} = ${FIRST_MAXIMUM}; var l_${i} = 0.0;`,
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
${unrolled(queries, (i) => softmaxWeights(turn, i))}
${weightedValues(turn)}`;
}

/**
 * WGSL that turns scores `s_i_j` of a query's keys into weights, and declares
 * the factor `a_i` of the weighted values so far.
 */
export function softmaxWeights(
  { keys, visible }: Pick<OnlineSoftmax, "keys" | "visible">,
  query: number,
): string {
  const i = query;
  const scores = Array.from({ length: keys }, (_, j) => `s_${i}_${j}`);
  return `
${
    scores.map((score, j) =>
      `${score} = select(${UNSEEN}, ${score}, ${visible(i, j)});`
    ).join("\n")
  }
let n_${i} = ${
    scores.reduce((most, score) => `max(${most}, ${score})`, `m_${i}`)
  };
let a_${i} = exp2(m_${i} - n_${i});
m_${i} = n_${i};
${scores.map((score) => `${score} = exp2(${score} - n_${i});`).join("\n")}
l_${i} = l_${i} * a_${i} + ${scores.join(" + ")};`;
}

/** WGSL that adds the turn's values to the weighted values `o_i_c`. */
export function weightedValues(
  { queries, keys, chunks, loadValue }: Pick<
    OnlineSoftmax,
    "queries" | "keys" | "chunks" | "loadValue"
  >,
): string {
  return unrolled(chunks, (c) =>
    `{
  ${unrolled(keys, (j) => `let v_${j} = ${loadValue(j, c)};`)}
  ${
      unrolled(queries, (i) =>
        `o_${i}_${c} = o_${i}_${c} * a_${i} + ${
          Array.from({ length: keys }, (_, j) => `s_${i}_${j} * v_${j}`)
            .join(" + ")
        };`)
    }
}`);
}
