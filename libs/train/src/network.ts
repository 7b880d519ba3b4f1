/**
 * @file Which network a recipe builds where no backbone is given.
 */

/** A built-in network by name. */
export type NetworkSpec = { readonly kind: 'convnet' } | { readonly kind: 'alexnet' };
