/** @file The worker's whole code as text; scripts/cdn.mjs puts it here. */

const code: string = '';
export default code;
