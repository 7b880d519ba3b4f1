/** @file The `dqn` command as a library: what other tools of this repository call. */
export { TrainerError, type TrainerErrorCode, tell } from './errors.ts';
export { run } from './main.ts';
export { createSession, ORT_MODULE, Tensor } from './ort.ts';
export { createProgram } from './program.ts';
