import { activationFunctions } from "./activation_wgsl.ts";
import type { BindingDeclaration, KernelSource } from "./kernel_source.ts";
import { linearMain } from "./launch.ts";
import {
  biasIsVector,
  cIsVector,
  type MatmulProblem,
  matrixStart,
  matrixVariable,
} from "./matmul_problem.ts";

/** What a kernel has seen to before it stores. */
export interface StoreOptions {
  /** Whether its tiles end where the rows do. */
  readonly wholeRows?: boolean;
  /** Whether its tiles end where the columns do. */
  readonly wholeColumns?: boolean;
  /** Whether the sums contain the bias. */
  readonly biasAdded?: boolean;
}

/**
 * WGSL function `store(row, column, value)`: takes the four sums from
 * (row, column) on to the result, through bias, activation and addend, and
 * leaves out what lies beyond the edges. Every matmul kernel ends with it.
 */
export function storeFunction(
  problem: MatmulProblem,
  options: StoreOptions = {},
): string {
  const { c, epilogue } = problem;
  const { biasAdded = false } = options;
  const { activation } = epilogue;
  const at = `${matrixStart(problem, c)} + row * ${c.stride}u + column`;
  const matrix = matrixVariable(problem);
  if (cIsVector(problem)) {
    return `${matrix}${
      activation ? activationFunctions(activation, "vec4<f32>") : ""
    }
fn store(row: u32, column: u32, sum: vec4<f32>) {
  ${edgeGuard(problem, options)}
  let at = (${at}) / 4u;
  ${epilogueText(problem, biasAdded ? undefined : biasVector(problem))}
}`;
  }
  return `${matrix}${activation ? activationFunctions(activation, "f32") : ""}
fn store_one(row: u32, column: u32, sum: f32) {
  ${edgeGuard(problem, options)}
  let at = ${at};
  ${
    epilogueText(
      problem,
      biasAdded ? undefined : `bias[${epilogue.biasBase}u + column]`,
    )
  }
}
fn store(row: u32, column: u32, sum: vec4<f32>) {
  store_one(row, column, sum.x);
  store_one(row, column + 1u, sum.y);
  store_one(row, column + 2u, sum.z);
  store_one(row, column + 3u, sum.w);
}`;
}

/** The bindings of a kernel that ends with {@linkcode storeFunction}. */
export function matmulBindings(
  problem: MatmulProblem,
  operands: readonly BindingDeclaration[],
): BindingDeclaration[] {
  const { epilogue } = problem;
  const element = cIsVector(problem) ? "vec4<f32>" : "f32";
  const bindings: BindingDeclaration[] = [
    { name: "c", element, access: "write", reads: "old" },
    ...operands,
  ];
  if (epilogue.biasBase !== undefined) {
    bindings.push({
      name: "bias",
      element: biasIsVector(problem) ? "vec4<f32>" : "f32",
      access: "read",
    });
  }
  if (epilogue.addend === "bound") {
    bindings.push({ name: "addend", element, access: "read" });
  }
  if (epilogue.activation) {
    bindings.push({ name: "pre", element, access: "write" });
  }
  return bindings;
}

/**
 * WGSL function `store_part(part, row, column, value)`: writes four partial
 * sums of a matmul whose depth is split, as they are, into `partial`
 * `(matrices · splits, rows, columns)`.
 */
export function storePartFunction(
  problem: MatmulProblem,
  options: StoreOptions = {},
): string {
  const { rows, columns } = problem;
  const at = `(part * ${rows}u + row) * ${columns}u + column`;
  const stores = columns % 4 === 0
    ? `partial[(${at}) / 4u] = sum;`
    : [0, 1, 2, 3].map((lane) =>
      `if (column + ${lane}u < ${columns}u) { ` +
      `partial[${at} + ${lane}u] = sum[${lane}]; }`
    ).join("\n  ");
  return `${matrixVariable(problem)}
fn store_part(part: u32, row: u32, column: u32, sum: vec4<f32>) {
  ${edgeGuard(problem, options)}
  ${stores}
}`;
}

/** The bindings of a kernel that ends with {@linkcode storePartFunction}. */
export function partialBindings(
  { columns }: MatmulProblem,
  operands: readonly BindingDeclaration[],
): BindingDeclaration[] {
  const element = columns % 4 === 0 ? "vec4<f32>" : "f32";
  return [{ name: "partial", element, access: "write" }, ...operands];
}

/**
 * Kernel that adds up the partial sums `(matrices · splits, rows, columns)` of a
 * matmul whose depth was split, always in the same order, and ends with the
 * epilogue. One invocation makes four columns of a row.
 */
export function splitSumKernel(
  problem: MatmulProblem,
  splits: number,
): KernelSource {
  const { matrices, rows, columns } = problem;
  const groups = Math.ceil(columns / 4);
  const vector = columns % 4 === 0;
  const load = vector
    ? `partial[(part * ${rows}u + row) * ${columns / 4}u + column / 4u]`
    : `vec4(${
      [0, 1, 2, 3].map((lane) =>
        `partial[(part * ${rows}u + row) * ${columns}u + ` +
        `min(column + ${lane}u, ${columns - 1}u)]`
      ).join(", ")
    })`;
  return {
    name: "matmul_split_sum",
    bindings: matmulBindings(problem, [{
      name: "partial",
      element: vector ? "vec4<f32>" : "f32",
      access: "read",
    }]),
    body: storeFunction(problem) + linearMain(
      matrices * rows * groups,
      `${
        matrices === 1
          ? `let first = 0u;
  let row = index / ${groups}u;`
          : `matrix = index / ${rows * groups}u;
  let first = matrix * ${splits}u;
  let row = index / ${groups}u % ${rows}u;`
      }
  let column = index % ${groups}u * 4u;
  var sum = vec4<f32>();
  for (var split = 0u; split < ${splits}u; split++) {
    let part = first + split;
    sum += ${load};
  }
  store(row, column, sum);`,
    ),
  };
}

function edgeGuard(
  { rows, columns }: MatmulProblem,
  { wholeRows, wholeColumns }: StoreOptions,
): string {
  const beyond = [
    ...(wholeRows ? [] : [`row >= ${rows}u`]),
    ...(wholeColumns ? [] : [`column >= ${columns}u`]),
  ];
  return beyond.length > 0 ? `if (${beyond.join(" || ")}) { return; }` : "";
}

/** WGSL of the four biases that belong to `column` and its neighbours. */
export function biasVector(problem: MatmulProblem): string {
  const { biasBase } = problem.epilogue;
  return biasIsVector(problem)
    ? `bias[(${biasBase}u + column) / 4u]`
    : `vec4(${
      [0, 1, 2, 3].map((lane) => `bias[${biasBase}u + column + ${lane}u]`)
        .join(", ")
    })`;
}

function epilogueText(
  problem: MatmulProblem,
  bias: string | undefined,
): string {
  const { epilogue } = problem;
  const lines = ["var value = sum;"];
  if (epilogue.continuesPre) lines.push("value += pre[at];");
  if (epilogue.biasBase !== undefined && bias) lines.push(`value += ${bias};`);
  if (epilogue.activation) {
    lines.push("pre[at] = value;", "value = activate(value);");
  }
  if (epilogue.addend === "bound") lines.push("value += addend[at];");
  if (epilogue.addend === "inPlace") lines.push("value += c[at];");
  lines.push("c[at] = value;");
  return lines.join("\n  ");
}
