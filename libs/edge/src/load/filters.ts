/** @file Filters of a downloaded gallery; a chunk of its own, loaded when a search is narrowed. */
export { Filters } from '@dqn/runtime';
