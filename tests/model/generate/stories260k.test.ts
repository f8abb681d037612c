import { assertEquals } from "@std/assert";
import { sharedData } from "../../data/shared_data.ts";
import { minnow } from "../../minnow.ts";

/** What the model tells greedily, by its publisher's test data. */
const STORY = "Once upon a time, there was a little girl named Lily. She " +
  "loved to play outside in the park. One day, she saw a big, red ball. She " +
  "wanted to play with it, but it was too high.";

const model = sharedData("model/stories260K.bin");
const tokenizer = sharedData("model/tok512.bin");

Deno.test({
  name: "stories260K tells its story to the letter",
  ignore: model === null || tokenizer === null,
  fn: async () => {
    const generate = async (...options: readonly string[]) => {
      const { code, stdout, stderr } = await minnow([
        ...["generate", model ?? "", "--tokenizer", tokenizer ?? ""],
        ...["--temperature", "0", ...options],
      ]);
      assertEquals(code, 0, stderr);
      return stdout;
    };
    const told = await generate("--tokens", "100");
    assertEquals(told.slice(0, STORY.length), STORY);
    // The story's own beginning as a prompt leads to the same end.
    const beginning = STORY.slice(0, STORY.indexOf(" One day"));
    assertEquals(
      await generate("--prompt", beginning, "--stop", "\n"),
      `${STORY}\n`,
    );
    const json = await generate("--tokens", "100", "--json", "--stop", " One");
    assertEquals(JSON.parse(json), { prompt: "", text: beginning });
  },
});
