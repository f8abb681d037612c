import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { parseRunConfig } from "../../model/train/parse_run_config.ts";
import { withFolder } from "../data/with_folder.ts";
import { minnow } from "../minnow.ts";

Deno.test("plan --json says everything in one object, --out what train takes", () =>
  withFolder(async (folder) => {
    const out = join(folder, "run.yaml");
    const { code, stdout, stderr } = await minnow([
      "plan",
      "--device",
      "rtx-3060",
      "--memory",
      "6GB",
      "--budget",
      "10m",
      "--json",
      "--explain",
      "--out",
      out,
    ], { cwd: folder });
    assertEquals(code, 0, stderr);
    assertEquals(stdout.trimEnd().split("\n").length, 1);
    const plan = JSON.parse(stdout);
    assert(plan.parameters > 1e6 && plan.parameters < 1e8);
    assert(plan.tokens > plan.parameters);
    assert(plan.law_parameters > 0 && plan.law_parameters <= plan.parameters);
    assert(plan.predicted_loss > 2 && plan.predicted_loss < 10);
    assert(plan.peak_bytes > 0 && plan.peak_bytes <= 6e9);
    assertEquals(plan.seconds, 600);
    assertEquals(plan.config.memory.limit, 6e9);
    assertEquals(plan.config.model.model_type, "llama");
    assert(plan.candidates.length >= 5);
    assertEquals(
      plan.candidates.filter(({ chosen }: { chosen: boolean }) => chosen)
        .map(({ parameters }: { parameters: number }) => parameters),
      [plan.parameters],
    );
    const config = parseRunConfig(await Deno.readTextFile(out), out);
    assertEquals(config.train.budget, 600);
    assertEquals(config.train.batch, plan.batch);
    // Ten minutes of a 3060 are worth a vocabulary of its text's own.
    assertEquals(config.data.tokenizer, "auto");
    assertEquals(plan.config.model.vocab_size, 4096);
    assert(config.model.family === "llama");
    assertEquals(config.model.fields.hidden_size, plan.width);
    // The same, for people.
    assertMatch(stderr, /tokens +a vocabulary of 4096, learnt from the text/);
    assertMatch(stderr, /Largest model to train in 5\.59 GiB/);
    assertMatch(stderr, /LOMO: 16 bits, fused, no moments +5\.18 GiB +no/);
    assertMatch(stderr, /For so much, besiroglu asks for/);
  }));

Deno.test("plan says where a law does not hold", () =>
  withFolder(async (folder) => {
    const law = join(folder, "law.json");
    const constants = { E: 9, A: 1, alpha: 0.3, B: 1, beta: 0.3 };
    await Deno.writeTextFile(
      law,
      JSON.stringify({
        format: "minnow scaling law 1",
        vocabulary: 512,
        flops: 1e10,
        constants,
      }),
    );
    const planned = async (...options: string[]) => {
      const { code, stdout, stderr } = await minnow(
        ["plan", "--device", "1e10", "--budget", "5m", "--law", law].concat(
          options,
        ),
        { cwd: folder },
      );
      assertEquals(code, 0, stderr);
      return stdout;
    };
    const bytes = await planned("--config", "data.tokenizer=bytes");
    assertMatch(bytes, /Note: guessing has a loss of 5\.\d+ here/);
    assertMatch(bytes, /was fitted to models of 512 tokens, and here are 272/);
    assertMatch(
      bytes,
      /runs of up to 1\.0e\+10 FLOP, and here are \d\.\de\+12;/,
    );
    // A run that names no tokenizer has as many tokens as the law's models.
    const open = await planned();
    assertMatch(open, /tokens +a vocabulary of 512, learnt from the text/);
    assert(!open.includes("models of 512 tokens"), open);
  }));

Deno.test("plan refuses nonsense in one line", () =>
  withFolder(async (folder) => {
    const law = join(folder, "law.json");
    await Deno.writeTextFile(law, '{"format":"minnow scaling law 1"}');
    for (
      const [args, message] of [
        [["--budget", "0s"], /'--budget' cannot be '0s'/],
        [["--memory", "much"], /'--memory' cannot be 'much'/],
        [["--device", "rtx3090"], /did you mean 'rtx-3090'/],
        [["--law", law], /law\.json: "constants\.E" is missing/],
        [["--law", "besirogl"], /did you mean 'besiroglu'/],
        [["--law", "chinchilla"], /It is besiroglu, hoffmann or a file/],
        [["--device", "m1", "--budget", "3650d"], /at most a year/],
        [["--device", "m1", "--memory", "100kB"], /No model trains in/],
        [["--device", "m1", "--tokens", "100"], /on 100 tokens/],
      ] as const
    ) {
      const { code, stdout, stderr } = await minnow(["plan", ...args], {
        cwd: folder,
      });
      assertEquals(code, 2, stderr);
      assertMatch(stderr, /^minnow: [^\n]+\n$/);
      assertMatch(stderr, message);
      assertEquals(stdout, "");
    }
  }));
