import { assertEquals } from "@std/assert";
import { formatBytes, formatCount, formatDuration } from "../../data/format.ts";

Deno.test("bytes are given in binary units with three digits", () => {
  const cases: [number, string][] = [
    [0, "0 B"],
    [512, "512 B"],
    [1023.4, "1023 B"],
    [1024, "1 KiB"],
    [1536, "1.5 KiB"],
    [1023.7 * 1024, "1 MiB"],
    [24 * 1024 ** 3, "24 GiB"],
    [154_389_504, "147 MiB"],
  ];
  for (const [bytes, text] of cases) assertEquals(formatBytes(bytes), text);
});

Deno.test("counts are given in decimal units, rates with their unit", () => {
  assertEquals(formatCount(950), "950");
  assertEquals(formatCount(999.7), "1k");
  assertEquals(formatCount(12_480), "12.5k");
  assertEquals(formatCount(124_439_808, "parameters"), "124M parameters");
  assertEquals(formatCount(9.36e9), "9.36G");
  assertEquals(formatCount(35.6e12, "FLOP/s", true), "35.6 TFLOP/s");
  assertEquals(formatCount(12, "FLOP", true), "12 FLOP");
});

Deno.test("durations are given in their two greatest units", () => {
  const cases: [number, string][] = [
    [0, "0 ms"],
    [0.85, "850 ms"],
    [0.9996, "1 s"],
    [12.34, "12.3 s"],
    [59.96, "1 min"],
    [200, "3 min 20 s"],
    [3599.7, "1 h"],
    [18_420, "5 h 7 min"],
    [24 * 3600 - 10, "1 d"],
    [51 * 3600, "2 d 3 h"],
    [Infinity, "unknown"],
  ];
  for (const [seconds, text] of cases) {
    assertEquals(formatDuration(seconds), text);
  }
});
