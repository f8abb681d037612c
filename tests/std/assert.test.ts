import {
  assert,
  assertAlmostEquals,
  assertEquals,
  AssertionError,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";

Deno.test("assertEquals compares in depth", () => {
  assertEquals({ a: [1, { b: new Set([[1], [2]]) }] }, {
    a: [1, { b: new Set([[2], [1]]) }],
  });
  assertEquals(new Map([["a", { b: 1 }]]), new Map([["a", { b: 1 }]]));
  assertEquals(new Uint32Array([1, 2]), new Uint32Array([1, 2]));
  assertEquals(NaN, NaN);
  for (
    const [a, b] of [
      [1, 2],
      [[1], [1, 2]],
      [{ a: 1 }, { a: 1, b: undefined }],
      [new Uint8Array([1]), new Uint8Array([2])],
      [new Set([1]), new Set([2])],
      [new Date(0), new Date(1)],
      ["1", 1],
      [null, {}],
    ]
  ) {
    assertThrows(() => assertEquals<unknown>(a, b), AssertionError);
    assertNotEquals<unknown>(a, b);
  }
});

Deno.test("assertEquals ends on cyclic values", () => {
  const cyclic = () => {
    const value: { self?: unknown } = {};
    value.self = value;
    return value;
  };
  assertEquals(cyclic(), cyclic());
});

Deno.test("assertAlmostEquals has a relative default tolerance", () => {
  assertAlmostEquals(1e9, 1e9 + 50);
  assertThrows(() => assertAlmostEquals(1, 1.001), AssertionError);
  assertAlmostEquals(1, 1.001, 0.01);
  assertThrows(() => assertAlmostEquals(NaN, 1, 1), AssertionError);
});

Deno.test("assertThrows and assertRejects check type and message", async () => {
  const fail = () => {
    throw new TypeError("wrong shape");
  };
  assertEquals(assertThrows(fail, TypeError, "shape").message, "wrong shape");
  assertThrows(() => assertThrows(fail, RangeError), AssertionError);
  assertThrows(() => assertThrows(fail, TypeError, "size"), AssertionError);
  assertThrows(() => assertThrows(() => 1), AssertionError);
  const reject = () => Promise.reject(new RangeError("too far"));
  assertStringIncludes(
    (await assertRejects(reject, RangeError, "far")).message,
    "too",
  );
  await assertRejects(
    () => assertRejects(() => Promise.resolve(1)),
    AssertionError,
  );
});

Deno.test("assert narrows and assertStrictEquals compares identity", () => {
  const value: string | undefined = ["a"].at(0);
  assert(value !== undefined);
  assertEquals(value.length, 1);
  assertThrows(() => assertStrictEquals([1], [1]), AssertionError);
  assertThrows(() => assert(0, "zero"), AssertionError, "zero");
});
