import { assert } from "@std/assert";

/**
 * Runs a Python script that talks over its standard streams. `PYTHON` names
 * the interpreter that has what it imports.
 *
 * @param script Path of the script.
 * @param args Its arguments.
 * @param input What it reads.
 * @returns What it prints.
 */
export async function runPython(
  script: string,
  args: readonly string[],
  input: string,
): Promise<string> {
  const child = new Deno.Command(Deno.env.get("PYTHON") ?? "python3", {
    args: [script, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout } = await child.output();
  assert(success, `${script} ${args.join(" ")} failed`);
  return new TextDecoder().decode(stdout);
}
