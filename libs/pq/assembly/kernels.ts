/** @file Everything that the module exports, by file. Its memory is the caller's; every pointer is a byte offset in it. */
export * from './nearby';
