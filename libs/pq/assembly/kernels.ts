/** @file Everything that the module exports. Its memory is the caller's; every pointer is a byte offset in it. */
export { begin, beginWithin, currentLimit, exclude, finish, found, offer } from './nearby';
export { cellsSeen, itemsSeen, searchCells } from './cells';
export { itemsExact } from './blocks';
export { bookBytes, loadBook } from './book';
export { approach, finite, nearest } from './encode';
export { tabulate } from './table';
