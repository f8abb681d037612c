/**
 * minnow trains small language models on one GPU: text and time in, a model
 * out. The command line does that without a line of code; this module offers
 * what it is made of.
 *
 * {@linkcode train} is a whole run, {@linkcode TrainingSession} a model in
 * training, {@linkcode TextGenerator} one that writes.
 * {@linkcode prepareCorpus} turns text into tokens and {@linkcode Loader} these
 * into batches. Underneath lies a small framework for programs whose shapes are
 * fixed: a {@linkcode Graph} of operations is differentiated, planned to the
 * last byte before any memory is taken, and run. A model family of one's own
 * takes one file, see {@linkcode Family}; so does an operation, see
 * {@linkcode OpSpec}.
 *
 * @example Build a graph, differentiate, plan and run
 * ```ts
 * import {
 *   differentiate,
 *   Executable,
 *   Graph,
 *   matmul,
 *   openDevice,
 *   planProgram,
 *   weightedSum,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const x = graph.input("x", [2, 3]);
 * const w = graph.parameter("w", [1, 3]);
 * const y = matmul(graph, { a: x, b: w }, { layout: "nt" });
 * const ones = graph.constant("ones", [2, 1], Float32Array.of(1, 1));
 * const loss = weightedSum(graph, y, ones);
 * const gradient = graph.variable("w.gradient", [1, 3], "gradient");
 * differentiate(graph, loss, new Map([[w, gradient]]));
 *
 * const gpu = await openDevice();
 * const phases = new Map([["step", graph]]);
 * const plan = planProgram(phases, gpu.capabilities, { keep: [loss] });
 * const program = await Executable.compile(gpu, plan);
 * program.write(x, Float32Array.of(1, 2, 3, 4, 5, 6));
 * program.write(w, Float32Array.of(1, 1, 1));
 * program.submit(["step"]);
 * assertEquals([...await program.read(loss)], [21]);
 * assertEquals([...await program.read(gradient)], [5, 7, 9]);
 * gpu.close();
 * ```
 *
 * @module
 */
export * from "./kernels/mod.ts";
export { computeOptimum } from "./model/budget/compute_optimum.ts";
export type { ComputeOptimum } from "./model/budget/compute_optimum.ts";
export { fitLaw } from "./model/budget/fit_law.ts";
export type { FittedLaw, LossPoint } from "./model/budget/fit_law.ts";
export { fitSweep } from "./model/budget/fit_sweep.ts";
export type { SweepFit, SweptRun } from "./model/budget/fit_sweep.ts";
export type { SweepResult } from "./model/budget/sweep_result.ts";
export { fitIsoFlop } from "./model/budget/iso_flop.ts";
export type {
  IsoFlopFit,
  IsoFlopMinimum,
  IsoFlopPoint,
} from "./model/budget/iso_flop.ts";
export { parseLaw, stringifyLaw } from "./model/budget/law_file.ts";
export { trainingRecipe } from "./model/budget/recipe_law.ts";
export type {
  BatchLaw,
  RecipeQuestion,
  TrainingRecipe,
} from "./model/budget/recipe_law.ts";
export {
  VOCABULARY_SIZES,
  vocabularySize,
} from "./model/budget/vocabulary_law.ts";
export { predictLoss, SCALING_LAWS } from "./model/budget/scaling_law.ts";
export type { LawConstants, ScalingLaw } from "./model/budget/scaling_law.ts";
export type {
  FittingCandidate,
  PlanCandidate,
  PlanQuestion,
  RunPlan,
} from "./model/budget/run_plan.ts";
export type {
  MemoryFit,
  MemoryPlanner,
  ProgramBytes,
} from "./model/budget/memory_planner.ts";
export type { ModelShape } from "./model/budget/model_shape.ts";
export type { PlanningDevice } from "./model/budget/planning_device.ts";
export type { TuneMode } from "./model/tune/tune_program.ts";
export type { Batch, BatchDocuments } from "./data/batch.ts";
export { openPart } from "./data/corpus/corpus.ts";
export type {
  Corpus,
  CorpusPart,
  OpenPartOptions,
} from "./data/corpus/corpus.ts";
export type {
  CurationConfig,
  CurationSource,
  ShardSection,
} from "./data/curate/curation_config.ts";
export { estimatedSimilarity } from "./data/curate/dedup/estimated_similarity.ts";
export { parseCurationConfig } from "./data/curate/parse_curation_config.ts";
export { runCuration } from "./data/curate/run_curation.ts";
export type {
  CurationOptions,
  CurationProgress,
  CurationResult,
} from "./data/curate/run_curation.ts";
export type { DroppedSample } from "./data/curate/dropped_samples.ts";
export type { Funnel } from "./data/curate/funnel.ts";
export type { MixedSource, Mixture } from "./data/curate/mixture.ts";
export type { SourceCounts, StageProgress } from "./data/curate/run_stage.ts";
export type { Amount, StepCounts } from "./data/curate/step_tally.ts";
export type { CuratedCorpus } from "./data/curate/write_corpus.ts";
export type { Packing, PackingReport } from "./data/corpus/packing.ts";
export type { Document } from "./data/document.ts";
export type {
  DownloadOptions,
  DownloadProgress,
} from "./data/download/download_options.ts";
export { InputError } from "./data/input_error.ts";
export { Loader } from "./data/loader.ts";
export type { LoaderOptions, LoaderState } from "./data/loader.ts";
export { prepareCorpus } from "./data/prepare_corpus.ts";
export type { PrepareOptions, PrepareProgress } from "./data/prepare_corpus.ts";
export { primerDocuments } from "./data/primer/primer_documents.ts";
export type { PrimerOptions } from "./data/primer/primer_documents.ts";
export { primerExercises } from "./data/primer/primer_exercises.ts";
export type { Exercise } from "./data/primer/primer_exercises.ts";
export { Random } from "./data/random.ts";
export type { RandomState } from "./data/random_state.ts";
export { BadSource } from "./data/read/bad_source.ts";
export type { SkipReason } from "./data/read/bad_source.ts";
export { readDocuments } from "./data/read/read_documents.ts";
export type { ReadOptions, ReadProgress } from "./data/read/read_options.ts";
export { sequentialWindows } from "./data/sequential_windows.ts";
export type { SequentialWindows } from "./data/sequential_windows.ts";
export type { DocumentEnds } from "./data/shard/document_ends.ts";
export type { DocumentTokens, TokenPieces } from "./data/shard/piece_stream.ts";
export { openShard } from "./data/shard/shard.ts";
export type { Shard, ShardOptions } from "./data/shard/shard.ts";
export type { ShardFormatName, TokenType } from "./data/shard/shard_format.ts";
export { writeShards } from "./data/shard/shard_writer.ts";
export type {
  WriteShardsOptions,
  WrittenShard,
} from "./data/shard/shard_writer.ts";
export type { TokenReader } from "./data/shard/token_reader.ts";
export { TokenSource } from "./data/shard/token_source.ts";
export type { TokenSourceOptions } from "./data/shard/token_source.ts";
export type { Ties } from "./data/tokenize/bpe/learn_merges.ts";
export type { SplitName } from "./data/tokenize/bpe/split.ts";
export { trainBpe } from "./data/tokenize/bpe/train_bpe.ts";
export type {
  TrainBpeOptions,
  TrainedBpe,
} from "./data/tokenize/bpe/train_bpe.ts";
export { encodeTexts } from "./data/tokenize/encode_texts.ts";
export { loadTokenizer } from "./data/tokenize/load_tokenizer.ts";
export type { LoadTokenizerOptions } from "./data/tokenize/load_tokenizer.ts";
export type { TokenStream } from "./data/tokenize/token_stream.ts";
export type { Tokenizer, TokenizerKind } from "./data/tokenize/tokenizer.ts";
export { trainingFlopsPerToken } from "./model/budget/training_flops.ts";
export type { Gpt2Fields, LlamaFields } from "./model/config_fields.ts";
export type {
  AttentionShape,
  Family,
  ForwardContext,
  ForwardResult,
} from "./model/family/family.ts";
export { gpt2 } from "./model/family/gpt2.ts";
export { llama } from "./model/family/llama.ts";
export { generationProgram } from "./model/generate/generation_program.ts";
export type {
  GenerationPhase,
  GenerationProgram,
} from "./model/generate/generation_program.ts";
export { openModel } from "./model/generate/open_model.ts";
export type { StoredModel } from "./model/generate/open_model.ts";
export { sampleToken } from "./model/generate/sample_token.ts";
export type { SamplingOptions } from "./model/generate/sample_token.ts";
export { TextGenerator } from "./model/generate/text_generator.ts";
export { TokenGenerator } from "./model/generate/token_generator.ts";
export type { GenerateOptions } from "./model/generate/token_generator.ts";
export type { SafetensorsEntry } from "./model/io/safetensors_header.ts";
export { openSafetensors } from "./model/io/safetensors_reader.ts";
export type { SafetensorsFile } from "./model/io/safetensors_reader.ts";
export { writeSafetensors } from "./model/io/safetensors_writer.ts";
export type { TensorToWrite } from "./model/io/safetensors_writer.ts";
export type { WeightSource } from "./model/io/weight_source.ts";
export { LanguageModel } from "./model/language_model.ts";
export type { HiddenStates, LayerCache } from "./model/language_model.ts";
export { loadWeights } from "./model/load_weights.ts";
export { huggingFaceConfig, parseModelConfig } from "./model/model_config.ts";
export type { RecipeConfig } from "./model/recipe_fields.ts";
export type {
  Gpt2Config,
  LlamaConfig,
  ModelConfig,
  SharedConfig,
} from "./model/model_config.ts";
export { updateParameters } from "./model/train/update_parameters.ts";
export type { UpdateOptions } from "./model/train/update_parameters.ts";
export { ParameterSet } from "./model/parameter_set.ts";
export type {
  Initializer,
  MuonMatrix,
  ParameterPart,
  ParameterSpec,
} from "./model/parameter_set.ts";
export type {
  OptimizerKind,
  ParameterKind,
  ParameterPack,
  ParameterStorage,
} from "./model/parameter_pack.ts";
export { PRESETS } from "./model/preset.ts";
export type { Preset } from "./model/preset.ts";
export { listCheckpoints } from "./model/train/checkpoint.ts";
export type { CheckpointFolder } from "./model/train/checkpoint.ts";
export type {
  CheckpointedEvent,
  EvaluatedEvent,
  ExerciseResult,
  FinishedEvent,
  NoticeEvent,
  PredictedOutcome,
  SampledEvent,
  StartedEvent,
  StepEvent,
  TrainEvent,
} from "./model/train/events.ts";
export {
  parseGivenConfig,
  parseRunConfig,
} from "./model/train/parse_run_config.ts";
export type { GivenConfig } from "./model/train/parse_run_config.ts";
export type { PlanProgress } from "./model/train/plan_budget.ts";
export type { RunOptions } from "./model/train/prepare_run.ts";
export { resolveModel } from "./model/train/resolve_model.ts";
export type { ModelSurroundings } from "./model/train/resolve_model.ts";
export type {
  CheckpointSection,
  DataSection,
  EvaluateSection,
  MemorySection,
  ModelSection,
  OptimizerSection,
  RunConfig,
  SampleSection,
  ScheduleSection,
  TrainSection,
} from "./model/train/run_config.ts";
export { learningRate } from "./model/train/schedule.ts";
export type { ScheduleOptions } from "./model/train/schedule.ts";
export { stringifyRunConfig } from "./model/train/stringify_run_config.ts";
export { train } from "./model/train/trainer.ts";
export {
  hyperValues,
  trainingProgram,
} from "./model/train/training_program.ts";
export type {
  StepNumbers,
  TrainingProgram,
} from "./model/train/training_program.ts";
export type { TrainingShape } from "./model/train/training_shape.ts";
export { TrainingSession } from "./model/train/training_session.ts";
export type {
  SessionOptions,
  StepResult,
  TokenBatch,
} from "./model/train/training_session.ts";
