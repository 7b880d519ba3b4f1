/** @file Pretrained networks: see `backbone/`. */
export { openBackbone } from './backbone/open.ts';
export { PIXEL_CONVENTIONS } from './backbone/pixels.ts';
