import { adamw } from "../../kernels/ops/adamw.ts";
import { add } from "../../kernels/ops/add.ts";
import { attention } from "../../kernels/ops/attention.ts";
import { embedding } from "../../kernels/ops/embedding.ts";
import { gradientNorm } from "../../kernels/ops/gradient_norm.ts";
import { layerNorm } from "../../kernels/ops/layer_norm.ts";
import { linearCrossEntropy } from "../../kernels/ops/linear_cross_entropy.ts";
import { rmsNorm } from "../../kernels/ops/rms_norm.ts";
import { rope } from "../../kernels/ops/rope.ts";
import { ropeTable } from "../../kernels/ops/rope_table.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import { backwardGraph } from "./backward_graph.ts";
import { CaseGraph } from "./case_graph.ts";

/** Something that is timed alone. */
export interface KernelCase {
  /** What it computes. */
  readonly name: string;
  /** Sizes for people. */
  readonly shape: string;
  /** Builds it; a gradient needs the device for its operands. */
  build(gpu: Gpu): CaseGraph | Promise<CaseGraph>;
  /** Bytes that it moves, where not all of every operand and result. */
  readonly bytes?: number;
}

/** Additions of long vectors: the rate at which memory is read and written. */
export const STREAM: KernelCase = {
  name: "add",
  shape: "4194304",
  build() {
    const graph = new CaseGraph();
    const x = graph.operand("x", [1 << 22]);
    add(graph, x, graph.operand("y", [1 << 22]));
    return graph;
  },
};

/** Everything but products, at the sizes of a small training step. */
export function otherCases(): KernelCase[] {
  const rows = 8 * 256;
  const width = 256;
  return [
    ...attentionCases(8, 128, 4, 32),
    ...attentionCases(1, 512, 8, 64),
    ...attentionCases(1, 2048, 8, 64),
    ...withBackward("layer norm", `${rows} × ${width}`, () => {
      const graph = new CaseGraph();
      layerNorm(graph, {
        x: graph.operand("x", [rows, width]),
        weight: graph.operand("weight", [width], undefined, "weight"),
        bias: graph.operand("bias", [width], undefined, "weight"),
      }, { epsilon: 1e-5 });
      return graph;
    }),
    ...withBackward("rms norm", `${rows} × ${width}`, () => {
      const graph = new CaseGraph();
      rmsNorm(graph, {
        x: graph.operand("x", [rows, width]),
        weight: graph.operand("weight", [width], undefined, "weight"),
      }, { epsilon: 1e-5 });
      return graph;
    }),
    ...embeddingCases(rows, width, 4096),
    ropeCase(8, 256, 8, 32),
    crossEntropyCase(rows, width, 4096),
    normCase(1 << 22),
    adamwCase(1 << 22),
  ];
}

function attentionCases(
  batch: number,
  length: number,
  heads: number,
  headDim: number,
): KernelCase[] {
  const shape = `B${batch} T${length} H${heads} D${headDim}`;
  return withBackward("attention", shape, () => {
    const graph = new CaseGraph();
    const qkv = graph.operand("qkv", [batch * length, 3 * heads * headDim]);
    attention(graph, qkv, {
      heads,
      kvHeads: heads,
      headDim,
      sequenceLength: length,
    });
    return graph;
  });
}

function embeddingCases(
  rows: number,
  width: number,
  vocabulary: number,
): KernelCase[] {
  const moved = 4 * (rows + 2 * rows * width);
  const [forward, backward] = withBackward(
    "embedding",
    `${rows} of ${vocabulary} × ${width}`,
    () => {
      const graph = new CaseGraph();
      embedding(graph, {
        tokens: graph.ids("tokens", rows, vocabulary),
        table: graph.operand("table", [vocabulary, width], undefined, "weight"),
      });
      return graph;
    },
  );
  return [
    { ...forward, bytes: moved },
    // Rows are read, and their sums read and written.
    { ...backward, bytes: moved + 4 * rows * width },
  ];
}

function ropeCase(
  batch: number,
  length: number,
  heads: number,
  headDim: number,
): KernelCase {
  const rows = batch * length;
  return {
    name: "rope",
    shape: `B${batch} T${length} H${heads} D${headDim}`,
    // Two thirds of a row are queries and keys, read and written.
    bytes: 4 * (2 * 2 * rows * heads * headDim + length * headDim),
    build() {
      const graph = new CaseGraph();
      const x = graph.operand("x", [rows, 3 * heads * headDim]);
      const table = graph.operand(
        "table",
        [length, headDim / 2, 2],
        ropeTable({ positions: length, rotary: headDim, theta: 10_000 }),
      );
      rope(graph, { x, table }, {
        heads: 2 * heads,
        headDim,
        rotary: headDim,
        period: length,
      });
      return graph;
    },
  };
}

function crossEntropyCase(
  rows: number,
  width: number,
  vocabulary: number,
): KernelCase {
  return {
    name: "head and cross-entropy with gradients",
    shape: `${rows} × ${width}, V ${vocabulary}`,
    build() {
      const graph = new CaseGraph();
      const table = [vocabulary, width];
      linearCrossEntropy(graph, {
        hidden: graph.operand("hidden", [rows, width]),
        weight: graph.operand("weight", table, undefined, "weight"),
        weightGradient: graph.operand("sum", table, undefined, "gradient"),
        targets: graph.ids("targets", rows, vocabulary),
        scale: graph.operand("scale", [1], Float32Array.of(1 / rows)),
      }, { gradients: true });
      return graph;
    },
  };
}

function normCase(elements: number): KernelCase {
  return {
    name: "gradient norm",
    shape: String(elements),
    build() {
      const graph = new CaseGraph();
      gradientNorm(graph, [graph.operand("gradient", [elements])]);
      return graph;
    },
  };
}

function adamwCase(elements: number): KernelCase {
  return {
    name: "adamw",
    shape: String(elements),
    build() {
      const graph = new CaseGraph();
      const operand = (name: string, role: "weight" | "gradient" | "state") =>
        graph.operand(
          name,
          [elements],
          new Float32Array(elements).fill(0.25),
          role,
        );
      adamw(graph, {
        weight: operand("weight", "weight"),
        gradient: operand("gradient", "gradient"),
        m: operand("m", "state"),
        v: operand("v", "state"),
        hyper: graph.operand(
          "hyper",
          [8],
          Float32Array.of(1e-3, 0.1, 0.05, 1, 0, 0, 0, 0),
        ),
        norm: graph.operand("norm", [2], Float32Array.of(2, 0)),
      }, {
        beta1: 0.9,
        beta2: 0.95,
        epsilon: 1e-8,
        weightDecay: 0,
      });
      return graph;
    },
  };
}

function withBackward(
  name: string,
  shape: string,
  build: () => CaseGraph,
): [KernelCase, KernelCase] {
  return [
    { name, shape, build },
    {
      name: `${name} backward`,
      shape,
      build: (gpu) => backwardGraph(gpu, build()),
    },
  ];
}
