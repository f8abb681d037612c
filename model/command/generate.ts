import { openDevice } from "../../kernels/runtime/open_device.ts";
import { openModel } from "../generate/open_model.ts";
import { promptTokens } from "../generate/prompt_tokens.ts";
import { TextGenerator } from "../generate/text_generator.ts";
import { untilStop } from "../generate/until_stop.ts";
import type { Command } from "./command.ts";

/** Continues a text with a trained model, token by token. */
export const generate: Command = {
  name: "generate",
  summary: "Continue a text with a trained model",
  usage: "generate CHECKPOINT [options]",
  examples: [
    'generate runs/primer --prompt "Once upon a time"',
    "generate runs/primer/checkpoints/step-500 --temperature 0 --tokens 50",
    "generate stories260K.bin --tokenizer tok512.bin --temperature 0",
  ],
  positionals: { min: 1, max: 1 },
  options: [
    {
      name: "prompt",
      kind: "string",
      placeholder: "TEXT",
      description: "Text to continue; without it a new text is begun",
    },
    {
      name: "tokens",
      kind: "integer",
      default: 256,
      minimum: 1,
      description: "Most tokens to generate",
    },
    {
      name: "temperature",
      kind: "number",
      default: 0.8,
      minimum: 0,
      description: "Divides the logits; 0 always takes the likeliest token",
    },
    {
      name: "top-k",
      kind: "integer",
      default: 0,
      minimum: 0,
      description: "Choose among this many likeliest tokens; 0 for all",
    },
    {
      name: "top-p",
      kind: "number",
      default: 1,
      minimum: 0,
      maximum: 1,
      description: "Choose among tokens with this share of the probability",
    },
    {
      name: "seed",
      kind: "integer",
      default: 1,
      minimum: 0,
      description: "Seed of the choices",
    },
    {
      name: "stop",
      kind: "list",
      placeholder: "TEXT",
      description: "End before this text; may be given more than once",
    },
    {
      name: "tokenizer",
      kind: "string",
      placeholder: "FILE",
      description: "Tokenizer, where the model brings none",
    },
  ],
  async run(args, output) {
    const prompt = args.string("prompt") ?? "";
    const tokens = args.number("tokens") ?? 256;
    const stored = await openModel(
      args.positionals[0],
      args.string("tokenizer"),
    );
    const { length } = promptTokens(stored.tokenizer, prompt);
    const gpu = await openDevice();
    const generator = await TextGenerator.load(
      gpu,
      stored,
      length + tokens,
    );
    const pieces = generator.generate(prompt, {
      tokens,
      temperature: args.number("temperature") ?? 0.8,
      topK: args.number("top-k") ?? 0,
      topP: args.number("top-p") ?? 1,
      seed: args.number("seed") ?? 1,
    });
    output.write(prompt);
    let text = "";
    for await (const piece of untilStop(pieces, args.list("stop"))) {
      output.write(piece);
      text += piece;
    }
    output.write("\n");
    output.object({ prompt, text });
    gpu.close();
    return 0;
  },
};
