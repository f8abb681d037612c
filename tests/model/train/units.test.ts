import { assertEquals } from "@std/assert";
import { Random } from "../../../data/random.ts";
import {
  parseBytes,
  parseDuration,
  stringifyBytes,
  stringifyDuration,
} from "../../../model/train/units.ts";

Deno.test("spans of time are read", () => {
  const cases: readonly [string, number | undefined][] = [
    ["90s", 90],
    ["3m", 180],
    ["1h30m", 5400],
    ["24h", 86400],
    ["2d1s", 172801],
    [" 1.5h ", 5400],
    ["0.25s", 0.25],
    ["", undefined],
    ["0s", undefined],
    ["-3m", undefined],
    ["3", undefined],
    ["3 m", undefined],
    ["30m1h", undefined],
    ["3min", undefined],
    ["1e3s", undefined],
  ];
  for (const [text, seconds] of cases) {
    assertEquals(parseDuration(text), seconds, text);
  }
});

Deno.test("sizes are read", () => {
  const cases: readonly [string, number | undefined][] = [
    ["24GB", 24e9],
    ["24 GB", 24e9],
    ["512MiB", 536870912],
    ["1.5KiB", 1536],
    ["7B", 7],
    ["1kB", 1000],
    ["24", undefined],
    ["24G", undefined],
    ["0GB", undefined],
    ["-1GB", undefined],
    ["0.1B", undefined],
    ["99999999TB", undefined],
    ["1iB", undefined],
  ];
  for (const [text, bytes] of cases) {
    assertEquals(parseBytes(text), bytes, text);
  }
});

Deno.test("spans and sizes are written so that they read back the same", () => {
  const written: readonly [string, string][] = [
    [stringifyDuration(180), "3m"],
    [stringifyDuration(86400 + 5430), "1d1h30m30s"],
    [stringifyDuration(0.5), "0.5s"],
    [stringifyBytes(24e9), "24GB"],
    [stringifyBytes(2 ** 29), "512MiB"],
    [stringifyBytes(1023), "1023B"],
  ];
  for (const [actual, expected] of written) assertEquals(actual, expected);
  const random = new Random("units");
  for (let i = 0; i < 500; i++) {
    const seconds = i % 2 === 0
      ? random.integer(1e6) + 1
      : random.uniform() * 10 ** random.integer(7) + 1e-9;
    assertEquals(parseDuration(stringifyDuration(seconds)), seconds);
    const bytes = random.integer(2 ** 40) + 1;
    assertEquals(parseBytes(stringifyBytes(bytes)), bytes);
  }
});
