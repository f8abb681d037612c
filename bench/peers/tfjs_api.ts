/** The part of TensorFlow.js's tensors that the benchmark uses. */
export interface Tensor {
  /** Copies the values to the host. */
  data(): Promise<ArrayLike<number>>;
  /** Frees it. */
  dispose(): void;
}

/** What most functions take. */
type Operand = Tensor | number;

/**
 * The part of TensorFlow.js that the benchmark uses, by hand: its own types
 * would make a checker load the package, 300 MB, for everyone.
 */
export interface TensorFlow {
  readonly version_core: string;
  readonly train: {
    adam(rate: number, beta1: number, beta2: number, epsilon: number): {
      minimize(loss: () => Tensor, returnCost: boolean): Tensor | null;
    };
  };
  readonly losses: {
    softmaxCrossEntropy(targets: Tensor, logits: Tensor): Tensor;
  };
  readonly linalg: {
    bandPart(x: Tensor, lower: number, upper: number): Tensor;
  };
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  add(a: Operand, b: Operand): Tensor;
  sub(a: Operand, b: Operand): Tensor;
  mul(a: Operand, b: Operand): Tensor;
  square(x: Tensor): Tensor;
  rsqrt(x: Tensor): Tensor;
  tanh(x: Tensor): Tensor;
  softmax(x: Tensor): Tensor;
  moments(
    x: Tensor,
    axis: number,
    keepDims: boolean,
  ): { readonly mean: Tensor; readonly variance: Tensor };
  matMul(
    a: Tensor,
    b: Tensor,
    transposeA?: boolean,
    transposeB?: boolean,
  ): Tensor;
  gather(x: Tensor, indices: Tensor): Tensor;
  oneHot(indices: Tensor, depth: number): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  transpose(x: Tensor, permutation: readonly number[]): Tensor;
  split(x: Tensor, parts: number, axis: number): Tensor[];
  slice(
    x: Tensor,
    begin: readonly number[],
    size: readonly number[],
  ): Tensor;
  tensor(
    values: Int32Array,
    shape: readonly number[],
    dtype: "int32",
  ): Tensor;
  zeros(shape: readonly number[]): Tensor;
  ones(shape: readonly number[]): Tensor;
  randomNormal(shape: readonly number[], mean: number, std: number): Tensor;
  randomUniform(shape: readonly number[], low: number, high: number): Tensor;
  variable(initial: Tensor): Tensor;
}
