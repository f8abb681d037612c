/**
 * Weights of a trained model, read one tensor at a time. Names and layouts are
 * Hugging Face's for the model's family, whatever the file's own are.
 */
export interface WeightSource {
  /** Names of the tensors. */
  readonly names: Iterable<string>;

  /**
   * Tells a tensor's shape.
   *
   * @param name A tensor's name.
   * @returns Lengths of its dimensions, outermost first; `undefined` where there
   * is no such tensor.
   */
  shape(name: string): readonly number[] | undefined;

  /**
   * Reads a whole tensor.
   *
   * @param name A tensor's name.
   * @returns Its values, row-major, as f32.
   * @throws {InputError} If there is no such tensor or it cannot be read.
   */
  read(name: string): Promise<Float32Array<ArrayBuffer>>;

  /** Closes the files underneath. */
  close(): void;
}
