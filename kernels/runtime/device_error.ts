/** Why a device could not do something. */
export type DeviceErrorKind =
  | "no-adapter"
  | "out-of-memory"
  | "validation"
  | "lost";

/**
 * A GPU device is missing, lost, full, or refused a command.
 *
 * @example
 * ```ts
 * import { DeviceError } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new DeviceError("no-adapter", "No GPU adapter was found");
 * assertEquals(error.exitCode, 2);
 * assertEquals(new DeviceError("lost", "The device was lost").exitCode, 1);
 * ```
 */
export class DeviceError extends Error {
  /** Names the error class. */
  override readonly name = "DeviceError";
  /** What went wrong. */
  readonly kind: DeviceErrorKind;
  /** Exit code for a command line: 2 where the user's machine lacks something. */
  readonly exitCode: 1 | 2;

  /** Makes an error of a kind with a message for the user. */
  constructor(kind: DeviceErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.exitCode = kind === "no-adapter" ? 2 : 1;
  }
}
