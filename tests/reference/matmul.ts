/** How the operands of the reference are stored. */
export type Layout = "nn" | "nt" | "tn";

/** Sizes and storage of a product. */
export interface Product {
  readonly layout: Layout;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

/** Non-linearities of the reference, with their derivatives. */
const ACTIVATIONS = {
  relu2: [
    (x: number) => Math.max(x, 0) ** 2,
    (x: number) => 2 * Math.max(x, 0),
  ],
  silu: [
    (x: number) => x / (1 + Math.exp(-x)),
    (x: number) => {
      const gate = 1 / (1 + Math.exp(-x));
      return gate * (1 + x * (1 - gate));
    },
  ],
  gelu_tanh: [
    (x: number) =>
      0.5 * x *
      (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    (x: number) => {
      const scale = Math.sqrt(2 / Math.PI);
      const t = Math.tanh(scale * (x + 0.044715 * x ** 3));
      return 0.5 * (1 + t) +
        0.5 * x * (1 - t * t) * scale * (1 + 3 * 0.044715 * x * x);
    },
  ],
} as const;

/** Name of a non-linearity that the reference knows. */
export type Activation = keyof typeof ACTIVATIONS;

/** Operands of the reference, each packed row-major. */
export interface Operands {
  readonly a: ArrayLike<number>;
  readonly b: ArrayLike<number>;
  readonly bias?: ArrayLike<number>;
  readonly addend?: ArrayLike<number>;
}

function indexA({ layout, rows, depth }: Product, m: number, k: number) {
  return layout === "tn" ? k * rows + m : m * depth + k;
}

function indexB({ layout, columns, depth }: Product, k: number, n: number) {
  return layout === "nt" ? n * depth + k : k * columns + n;
}

function preActivation(product: Product, { a, b, bias }: Operands) {
  const { rows, columns, depth } = product;
  const pre = new Float64Array(rows * columns);
  for (let m = 0; m < rows; m++) {
    for (let n = 0; n < columns; n++) {
      let sum = bias?.[n] ?? 0;
      for (let k = 0; k < depth; k++) {
        sum += a[indexA(product, m, k)] * b[indexB(product, k, n)];
      }
      pre[m * columns + n] = sum;
    }
  }
  return pre;
}

/** activation(a·b + bias) + addend, in f64, one product at a time. */
export function matmulReference(
  product: Product,
  operands: Operands,
  activation?: Activation,
): Float64Array {
  const f = activation ? ACTIVATIONS[activation][0] : (x: number) => x;
  return preActivation(product, operands)
    .map((x, i) => f(x) + (operands.addend?.[i] ?? 0));
}

/** Gradients of Σ c·upstream by every operand. */
export function matmulGradientReference(
  product: Product,
  operands: Operands,
  upstream: ArrayLike<number>,
  activation?: Activation,
): {
  a: Float64Array;
  b: Float64Array;
  bias: Float64Array;
  addend: Float64Array;
} {
  const { rows, columns, depth } = product;
  const slope = activation ? ACTIVATIONS[activation][1] : () => 1;
  const d = preActivation(product, operands)
    .map((x, i) => slope(x) * upstream[i]);
  const a = new Float64Array(rows * depth);
  const b = new Float64Array(depth * columns);
  const bias = new Float64Array(columns);
  for (let m = 0; m < rows; m++) {
    for (let n = 0; n < columns; n++) {
      const value = d[m * columns + n];
      bias[n] += value;
      for (let k = 0; k < depth; k++) {
        const atA = indexA(product, m, k);
        const atB = indexB(product, k, n);
        a[atA] += value * operands.b[atB];
        b[atB] += value * operands.a[atA];
      }
    }
  }
  return { a, b, bias, addend: Float64Array.from(upstream) };
}
