/**
 * @file DQN's learning: recipes, the training loop, two engines, the run's folder, the export of a model.
 */

export type { Augmentation, StoredImages } from './augment.ts';
export { type Baseline, type BaselineName, type BaselineOptions, fitBaselines } from './baselines.ts';
export { type Checkpoint, readCheckpoint } from './checkpoint.ts';
export type { ChosenLearner, EngineChoice, OpenLearner } from './choose.ts';
export { openLearner } from './choose.ts';
export type {
  Batch,
  Engine,
  EngineName,
  Forward,
  ForwardOptions,
  Learner,
  LearnerOptions,
  LearnerState,
  LossFunction,
  LossResult,
  NetworkInput,
  OptimiserOptions,
  Parameter,
  ParameterScale,
  StepResult,
} from './engine/engine.ts';
export type { Provider } from './engine/onnxruntime/ort.ts';
export { type TrainCode, TrainError } from './errors.ts';
export { CUT_METADATA, type ExportedModel, type ExportOptions, exportModel, type WeightStorage } from './export.ts';
export { buildHead, type HeadSpec } from './head.ts';
export { type LogLine, readLog } from './log.ts';
export { type DqnLoss, type DqnLossInput, dqnLoss } from './loss/dqn-loss.ts';
export { type SimilarityMeasure, similarity } from './loss/similarity.ts';
export { buildNetwork, type NetworkSpec, type WhiteningSpec } from './network.ts';
export { createObjective, type Objective, type ObjectiveBatch, type ObjectiveResult } from './objective.ts';
export { learnRotation, type RotationOptions, rotate } from './opq.ts';
export type { TrainProgress } from './progress.ts';
export { toUnitLength } from './quantizer.ts';
export type { FinalCodebooks, HeadPhase, QuantizationOptions, Recipe, Start, WeightAverage } from './recipe.ts';
export { goOnFrom } from './recipes/go-on.ts';
export { RECIPE_NAMES, type RecipeName, recipeFor } from './recipes/index.ts';
export { VARIANT_NAMES, type VariantName, variantOf } from './recipes/variants.ts';
export {
  type BackboneFacts,
  HEAD_FOLDER,
  RUN_FILES,
  type Run,
  type RunFacts,
  type RunIdentity,
  type RunRecord,
  type RunResult,
  type RunStart,
  readRun,
} from './run.ts';
export { checkRunFolder } from './run-folder.ts';
export type { Schedule } from './schedule.ts';
export { checkTrainingLabels } from './setup.ts';
export { featureSource, featureWidth, type TrainingSource, type ViewedFeatures } from './source.ts';
export { type LoadedTf, loadTf, type Tf } from './tf.ts';
export { type HeadInputs, type TrainOptions, type TrainResult, type TrunkFeatures, train } from './train.ts';
export { type LeftOut, type TrunkOptions, type TrunkResult, trunkFeatures } from './trunk/features.ts';
export { type FreshOptions, type FreshPictures, FreshSource } from './trunk/fresh.ts';
export { type FreshViews, freshViewsOf } from './trunk/fresh-views.ts';
export { joinTrunk } from './trunk/join.ts';
export type { ReadPicture } from './trunk/pictures.ts';
export { crop, pictureDigest, type View, type ViewPlan, viewCount, viewsOf } from './trunk/views.ts';
