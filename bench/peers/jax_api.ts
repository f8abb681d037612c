/** The part of jax-js's arrays that the benchmark uses. */
export interface Value {
  /** The same array, for another use. */
  readonly ref: Value;
  add(other: Value | number): Value;
  sub(other: Value | number): Value;
  mul(other: Value | number): Value;
  div(other: Value | number): Value;
  reshape(shape: readonly number[]): Value;
  /** The element at an index of the first axis. */
  slice(index: number): Value;
  /** Copies the values to the host. */
  data(): Promise<ArrayLike<number>>;
  /** Gives up one use. */
  dispose(): void;
}

/** Arrays, nested in any way. */
type Tree = Value | readonly Tree[];

/**
 * The part of jax-js that the benchmark uses, by hand: its own types would
 * make a checker load the package for everyone.
 */
export interface Jax {
  readonly numpy: {
    array(values: Int32Array | readonly number[]): Value;
    zeros(shape: readonly number[]): Value;
    full(shape: readonly number[], fill: number): Value;
    sqrt(x: Value): Value;
    sum(x: Value): Value;
    matmul(a: Value, b: Value): Value;
    matrixTranspose(x: Value): Value;
    split(x: Value, parts: number, axis: number): Value[];
  };
  readonly nn: {
    gelu(x: Value): Value;
    standardize(x: Value): Value;
    logSoftmax(x: Value): Value;
    oneHot(x: Value, classes: number): Value;
    dotProductAttention(
      query: Value,
      key: Value,
      value: Value,
      options: { readonly isCausal: boolean },
    ): Value;
  };
  readonly random: {
    key(seed: number): Value;
    normal(key: Value, shape: readonly number[]): Value;
    uniform(key: Value, shape: readonly number[]): Value;
  };
  init(device: string): Promise<unknown>;
  defaultDevice(device: string): unknown;
  jit<Arguments extends readonly Tree[], Result extends Tree>(
    compute: (...args: Arguments) => Result,
  ): (...args: Arguments) => Result;
  valueAndGrad<Rest extends readonly Tree[]>(
    compute: (weights: Value[], ...rest: Rest) => Value,
  ): (weights: Value[], ...rest: Rest) => [Value, Value[]];
  blockUntilReady<Values extends Tree>(values: Values): Promise<Values>;
}
