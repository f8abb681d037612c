/**
 * Stand-in for the part of `@std/assert` that minnow uses.
 *
 * @module
 */
import { equal } from "./equal.ts";

export { equal };

/** What a failed assertion throws. */
export class AssertionError extends Error {
  /**
   * @param message What did not hold.
   * @param options The error that caused this one.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

function show(value: unknown): string {
  return Deno.inspect(value, { depth: 10, iterableLimit: 50, sorted: true });
}

function check(holds: boolean, message: string, note?: string): void {
  if (holds) return;
  throw new AssertionError(note ? `${message}: ${note}` : message);
}

/** Asserts that a value is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Asserts that two values are equal in depth. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  check(
    false,
    `Values are not equal\n  actual:   ${show(actual)}\n  expected: ${
      show(expected)
    }`,
    msg,
  );
}

/** Asserts that two values differ in depth. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  check(
    !equal(actual, expected),
    `Expected actual: ${show(actual)} not to be: ${show(expected)}`,
    msg,
  );
}

/** Asserts that two values are the same, as `Object.is` sees it. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  check(
    Object.is(actual, expected),
    `Values are not strictly equal: ${show(actual)} and ${show(expected)}`,
    msg,
  );
}

/** Asserts that two numbers differ by at most `tolerance`. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ??
    (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const difference = Math.abs(expected - actual);
  check(
    difference <= allowed,
    `Expected actual: "${actual}" to be close to "${expected}": ` +
      `difference ${difference} is greater than tolerance ${allowed}`,
    msg,
  );
}

/** Asserts that a value is neither `null` nor `undefined`. */
export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T> {
  check(
    actual !== undefined && actual !== null,
    `Expected actual: "${actual}" to not be null or undefined`,
    msg,
  );
}

/** Asserts that a value is an instance of a class. */
export function assertInstanceOf<
  T extends abstract new (...args: never[]) => unknown,
>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  check(
    actual instanceof expectedType,
    `Expected object to be an instance of "${expectedType.name}" but was ${
      show(actual)
    }`,
    msg,
  );
}

/** Asserts that a text holds another. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  check(
    actual.includes(expected),
    `Expected actual: "${actual}" to contain: "${expected}"`,
    msg,
  );
}

/** Asserts that a text matches a pattern. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  check(
    expected.test(actual),
    `Expected actual: "${actual}" to match: "${expected}"`,
    msg,
  );
}

/** Asserts that `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  check(actual > expected, `Expect ${show(actual)} > ${show(expected)}`, msg);
}

/** Asserts that `actual >= expected`. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  check(actual >= expected, `Expect ${show(actual)} >= ${show(expected)}`, msg);
}

/** Asserts that `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  check(actual < expected, `Expect ${show(actual)} < ${show(expected)}`, msg);
}

/** Asserts that `actual <= expected`. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  check(actual <= expected, `Expect ${show(actual)} <= ${show(expected)}`, msg);
}

type ErrorType<E extends Error> = abstract new (...args: never[]) => E;

function checkError(
  error: unknown,
  type?: ErrorType<Error>,
  part?: string,
  note?: string,
): void {
  check(
    error instanceof Error,
    `A non-Error object was thrown: ${show(error)}`,
    note,
  );
  if (!(error instanceof Error)) return;
  if (type) {
    check(
      error instanceof type,
      `Expected error to be instance of "${type.name}", but was ` +
        `"${error.constructor.name}": ${error.message}`,
      note,
    );
  }
  if (part !== undefined) {
    check(
      error.message.includes(part),
      `Expected error message to include "${part}", but got ` +
        `"${error.message}"`,
      note,
    );
  }
}

/** Asserts that a function throws, and returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Asserts that a function throws such an error, and returns it. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorType<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  typeOrNote?: ErrorType<Error> | string,
  part?: string,
  note?: string,
): unknown {
  const [type, text] = typeof typeOrNote === "string"
    ? [undefined, typeOrNote]
    : [typeOrNote, note];
  try {
    fn();
  } catch (error) {
    if (type) checkError(error, type, part, text);
    return error;
  }
  throw new AssertionError(
    `Expected function to throw${text ? `: ${text}` : ""}`,
  );
}

/** Asserts that a promise is rejected, and resolves to the reason. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** Asserts that a promise is rejected with such an error, and resolves to it. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorType<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  typeOrNote?: ErrorType<Error> | string,
  part?: string,
  note?: string,
): Promise<unknown> {
  const [type, text] = typeof typeOrNote === "string"
    ? [undefined, typeOrNote]
    : [typeOrNote, note];
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    throw new AssertionError(
      `Function throws when expected to reject: ${show(error)}`,
    );
  }
  try {
    await promise;
  } catch (error) {
    if (type) checkError(error, type, part, text);
    return error;
  }
  throw new AssertionError(
    `Expected function to reject${text ? `: ${text}` : ""}`,
  );
}

/** Fails with a message. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${msg ? `: ${msg}` : "."}`);
}

/** Marks a place that is never reached. */
export function unreachable(reason?: string): never {
  throw new AssertionError(`Unreachable${reason ? `: ${reason}` : "."}`);
}
