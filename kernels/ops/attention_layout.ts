import type { BindingElement } from "./kernel_source.ts";

/**
 * Sizes of an attention. Rows are positions, one sequence after the other; a
 * packed row holds the query heads, then the key heads, then the value heads.
 */
export interface AttentionLayout {
  /** Sequences, B. */
  readonly batches: number;
  /** Positions in a sequence, T. */
  readonly length: number;
  /** Query heads, H. */
  readonly heads: number;
  /** Key and value heads; each serves `heads / kvHeads` query heads. */
  readonly kvHeads: number;
  /** Elements of a head, D. */
  readonly headDim: number;
  /** Keys that a query sees, itself included: all before it where equal to T. */
  readonly window: number;
  /**
   * Whether an operand `starts` tells each query the first position it sees.
   * Within a sequence these never decrease.
   */
  readonly masked: boolean;
}

/** Elements of a packed row: all query, key and value heads. */
export function packedWidth(
  { heads, kvHeads, headDim }: Omit<
    AttentionLayout,
    "batches" | "length" | "window" | "masked"
  >,
): number {
  return (heads + 2 * kvHeads) * headDim;
}

/** Pairs of query and key that one head of one sequence computes. */
export function visiblePairs(length: number, window: number): number {
  const full = Math.min(length, window);
  return full * (full + 1) / 2 + (length - full) * window;
}

/** How a kernel reads and writes the vectors of a head in chunks of four. */
export interface HeadAccess {
  /** Element type of the bindings that hold heads. */
  readonly element: BindingElement;
  /** Elements that one step of an index covers. */
  readonly unit: 1 | 4;
  /** Chunks of a head, the last one filled up with zeros. */
  readonly chunks: number;
  /** WGSL that reads a chunk of the head that starts at index `base`. */
  load(buffer: string, base: string, chunk: number): string;
  /** WGSL that writes a chunk of the head that starts at index `base`. */
  store(buffer: string, base: string, chunk: number, value: string): string;
}

/**
 * Whole vectors where every head starts on one, single elements where the head
 * dimension is no multiple of four.
 */
export function headAccess(headDim: number): HeadAccess {
  const chunks = Math.ceil(headDim / 4);
  if (headDim % 4 === 0) {
    return {
      element: "vec4<f32>",
      unit: 4,
      chunks,
      load: (buffer, base, chunk) => `${buffer}[${base} + ${chunk}u]`,
      store: (buffer, base, chunk, value) =>
        `${buffer}[${base} + ${chunk}u] = ${value};`,
    };
  }
  const lanes = (chunk: number) =>
    Array.from(
      { length: Math.min(4, headDim - 4 * chunk) },
      (_, lane) => lane,
    );
  return {
    element: "f32",
    unit: 1,
    chunks,
    load(buffer, base, chunk) {
      const parts = lanes(chunk).map((lane) =>
        `${buffer}[${base} + ${4 * chunk + lane}u]`
      );
      while (parts.length < 4) parts.push("0.0");
      return `vec4<f32>(${parts.join(", ")})`;
    },
    store: (buffer, base, chunk, value) =>
      lanes(chunk).map((lane) =>
        `${buffer}[${base} + ${4 * chunk + lane}u] = (${value})[${lane}];`
      ).join("\n"),
  };
}

/** How a kernel reads rows of the other side that it takes at a time. */
export interface TurnRows {
  /** WGSL that comes before the first use. */
  readonly declared: string;
  /** WGSL of a chunk of a row of the turn. */
  at(row: number, chunk: number): string;
}

/** Joins the text that `line` gives for 0, 1, … `count` − 1. */
export function unrolled(
  count: number,
  line: (index: number) => string,
): string {
  return Array.from({ length: count }, (_, index) => line(index)).join("\n");
}
