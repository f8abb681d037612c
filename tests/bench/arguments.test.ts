import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { parseBenchArguments } from "../../bench/support/arguments.ts";
import { InputError } from "../../data/input_error.ts";

const MAIN = join(
  dirname(dirname(dirname(fromFileUrl(import.meta.url)))),
  "bench",
  "main.ts",
);

Deno.test("without a part the three short ones run", () => {
  assertEquals(parseBenchArguments([]).parts, ["kernels", "step", "start"]);
});

Deno.test("peers alone are compared at square products as well", () => {
  const { configs } = parseBenchArguments(["peers", "--config", "matmul,S"]);
  assertEquals(configs, ["matmul", "S"]);
});

Deno.test("parts run in their own order, configurations in the given one", () => {
  const { parts, configs, seconds, json } = parseBenchArguments(
    ["step", "kernels", "--config", "M,S", "--seconds=2.5", "--json"],
  );
  assertEquals(parts, ["kernels", "step"]);
  assertEquals(configs, ["M", "S"]);
  assertEquals(seconds, 2.5);
  assertEquals(json, true);
});

for (
  const [args, message] of [
    [["kernel"], "did you mean 'kernels'"],
    [["step", "--config", "XL"], "Unknown configuration 'XL'"],
    [["step", "--config", "matmul"], "Unknown configuration 'matmul'"],
    [["step", "--seconds", "0"], "'--seconds' cannot be '0'"],
    [["step", "--seconds"], "'--seconds' needs a value"],
    [["step", "--jsn"], "did you mean 'json'"],
  ] as const
) {
  Deno.test(`bad usage is refused: ${args.join(" ")}`, () => {
    assertThrows(() => parseBenchArguments(args), InputError, message);
  });
}

Deno.test("bad usage is one line on stderr and exit code 2", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", MAIN, "kernels", "--confg", "S"],
  }).output();
  const text = new TextDecoder();
  assertEquals(code, 2);
  assertEquals(text.decode(stdout), "");
  const lines = text.decode(stderr).trim().split("\n");
  assertEquals(lines.length, 1);
  assertStringIncludes(lines[0], "did you mean 'config'");
});
