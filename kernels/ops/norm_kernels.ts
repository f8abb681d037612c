import type { BindingDeclaration, KernelSource } from "./kernel_source.ts";
import { laneSum } from "./lane_sum.ts";
import { linearMain } from "./launch.ts";
import { type RowShape, type RowVariant, rowWalk } from "./row_walk.ts";
import { vectorElement } from "./vector_width.ts";

/** Layer norm subtracts the mean of each row, RMS norm does not. */
export type NormKind = "layer" | "rms";

/** The rows that a kernel of a norm is bound to. */
export interface NormBlock extends RowShape {
  /** Which norm. */
  readonly kind: NormKind;
  /** First row; the statistics are bound as a whole. */
  readonly row: number;
}

/** A norm's forward kernel. */
export interface NormForward extends NormBlock {
  /** Added to the variance or the mean square. */
  readonly epsilon: number;
  /** Whether a bias is added. */
  readonly bias: boolean;
}

/** A norm's gradient by its input. */
export interface NormBackward extends NormBlock {
  /** What the gradient is added to. */
  readonly start: "zero" | "into" | "sum";
}

/**
 * Normalises rows: `(x − mean) · rstd · weight + bias`, and keeps mean and
 * reciprocal deviation of each row for the backward pass.
 *
 * @param norm What to compute.
 * @param variant How to spread a row.
 * @returns A kernel over `norm.rows · variant.threads` invocations.
 */
export function normKernel(
  norm: NormForward,
  variant: RowVariant,
): KernelSource {
  const element = vectorElement(norm.width);
  const count = `${norm.items * norm.width}.0`;
  const layer = norm.kind === "layer";
  const walk = rowWalk(norm, variant);
  const row = walk.values("x[base + column]");
  const mean = layer
    ? `
  var sum = ${element}(0.0);
  ${row.each((value) => `sum += ${value};`)}
  let mean = ${walk.total(laneSum("sum", norm.width))} / ${count};`
    : "";
  const centred = (value: string) => layer ? `${value} - mean` : value;
  return {
    name: `${norm.kind}_norm_${variant.name}`,
    extensions: walk.extensions,
    bindings: [
      { name: "y", element, access: "write" },
      statisticsDeclaration(norm, "write"),
      { name: "x", element, access: "read" },
      { name: "weight", element, access: "read" },
      ...(norm.bias
        ? [{ name: "bias", element, access: "read" } as const]
        : []),
    ],
    body: walk.main(
      `${row.load}
  ${mean}
  var square = ${element}(0.0);
  ${row.each((value) => `{ let d = ${centred(value)}; square += d * d; }`)}
  let variance = ${walk.total(laneSum("square", norm.width))} / ${count};
  let rstd = 1.0 / sqrt(variance + ${literal(norm.epsilon)});
  ${
        row.each((value) =>
          `y[base + column] = (${centred(value)}) * rstd * weight[column]${
            norm.bias ? " + bias[column]" : ""
          };`
        )
      }
  ${
        walk.once(
          `statistics[${norm.row}u + row] = ${
            layer ? "vec2<f32>(mean, rstd)" : "rstd"
          };`,
        )
      }`,
    ),
  };
}

/**
 * Gradient of a norm by its input, from the gradient g by the normalised row
 * x̂: `rstd · (g − mean(g) − x̂ · mean(g · x̂))`, without the middle term for
 * RMS norm.
 *
 * @param norm What to compute.
 * @param variant How to spread a row.
 * @returns A kernel over `norm.rows · variant.threads` invocations.
 */
export function normGradientKernel(
  norm: NormBackward,
  variant: RowVariant,
): KernelSource {
  const element = vectorElement(norm.width);
  const layer = norm.kind === "layer";
  const walk = rowWalk(norm, variant);
  const sum = (name: string) => laneSum(name, norm.width);
  const count = `${norm.items * norm.width}.0`;
  const start = norm.start === "zero" ? "" : `${norm.start}[base + column] + `;
  return {
    name: `${norm.kind}_norm_gradient_${variant.name}`,
    extensions: walk.extensions,
    // What the kernel for the weight reads as well comes first, so that a copy
    // of it serves both.
    bindings: [
      { name: "upstream", element, access: "read" },
      { name: "x", element, access: "read" },
      { name: "weight", element, access: "read" },
      statisticsDeclaration(norm, "read"),
      { name: "sum", element, access: "write", reads: "old" },
      ...(norm.start === "into"
        ? [{ name: "into", element, access: "read" } as const]
        : []),
    ],
    body: walk.main(`
  ${statisticsRead(norm, `${norm.row}u + row`)}
  ${layer ? `var along = ${element}(0.0);` : ""}
  var across = ${element}(0.0);
  ${
      walk.column(`
    let g = upstream[base + column] * weight[column];
    ${layer ? "along += g;" : ""}
    across += g * ${normalised(norm, "x[base + column]")};`)
    }
  ${layer ? `let mean_g = ${walk.total(sum("along"))} / ${count};` : ""}
  let mean_gx = ${walk.total(sum("across"))} / ${count};
  ${
      walk.column(`
    let g = upstream[base + column] * weight[column];
    let unit = ${normalised(norm, "x[base + column]")};
    sum[base + column] = ${start}rstd * (g${
        layer ? " - mean_g" : ""
      } - unit * mean_gx);`)
    }`),
  };
}

/** A norm's gradients by weight and bias, summed over chunks of rows. */
export interface NormPartials extends NormBlock {
  /** Rows summed by one invocation; `row` is a multiple of it. */
  readonly chunkRows: number;
  /** Whether the gradient by the bias is wanted, too. */
  readonly bias: boolean;
}

/**
 * First stage of a norm's gradients by weight and bias: one invocation sums
 * one item over one chunk of rows.
 *
 * @param norm What to compute.
 * @returns A linear kernel over chunks of rows and items of a row.
 */
export function normPartialsKernel(norm: NormPartials): KernelSource {
  const element = vectorElement(norm.width);
  const { items, chunkRows, rows } = norm;
  const chunks = Math.ceil(rows / chunkRows);
  const offset = norm.row / chunkRows * items;
  return {
    name: `${norm.kind}_norm_gradient_partials`,
    bindings: [
      { name: "weight", element, access: "write" },
      { name: "upstream", element, access: "read" },
      { name: "x", element, access: "read" },
      statisticsDeclaration(norm, "read"),
      ...(norm.bias
        ? [{ name: "bias", element, access: "write" } as const]
        : []),
    ],
    body: linearMain(
      chunks * items,
      `
  let column = index % ${items}u;
  let first = index / ${items}u * ${chunkRows}u;
  let end = min(first + ${chunkRows}u, ${rows}u);
  var weight_sum = ${element}(0.0);
  ${norm.bias ? `var bias_sum = ${element}(0.0);` : ""}
  for (var row = first; row < end; row++) {
    ${statisticsRead(norm, `${norm.row}u + row`)}
    let at = row * ${items}u + column;
    let dy = upstream[at];
    weight_sum += dy * ${normalised(norm, "x[at]")};
    ${norm.bias ? "bias_sum += dy;" : ""}
  }
  weight[${offset}u + index] = weight_sum;
  ${norm.bias ? `bias[${offset}u + index] = bias_sum;` : ""}`,
    ),
  };
}

function statisticsDeclaration(
  norm: NormBlock,
  access: "read" | "write",
): BindingDeclaration {
  const element = norm.kind === "layer" ? "vec2<f32>" : "f32";
  return { name: "statistics", element, access };
}

function statisticsRead(norm: NormBlock, at: string): string {
  return norm.kind === "layer"
    ? `let statistic = statistics[${at}];
    let mean = statistic.x;
    let rstd = statistic.y;`
    : `let rstd = statistics[${at}];`;
}

function normalised(norm: NormBlock, value: string): string {
  return norm.kind === "layer" ? `(${value} - mean) * rstd` : `${value} * rstd`;
}

/** A number as WGSL writes an f32. */
function literal(value: number): string {
  return `f32(${value})`;
}
