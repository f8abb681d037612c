/**
 * Bad input from the outside: a file, a flag or a key that its giver can mend.
 * The command line prints the message as one line and exits with
 * {@linkcode InputError.exitCode}; every other error means that the program
 * itself failed.
 *
 * @example
 * ```ts
 * import { InputError } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new InputError("Cannot read 'a.txt': the file is empty");
 * assertEquals(error.exitCode, 2);
 * ```
 */
export class InputError extends Error {
  /** Exit code of a process that ends because of this error. */
  readonly exitCode = 2;
  /** Name shown in front of the message. */
  override readonly name: string = "InputError";

  /**
   * Makes an error with a message for the user.
   *
   * @param message What was being done, the offending value in quotes, and what
   * to do about it; one line.
   * @param options `cause`: the error underneath, if any.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
  }
}
