/** @file Many pictures through the network; a chunk of its own, loaded when they are asked for. */
export { encodeAll } from '@dqn/runtime';
