export function webgpuIsMissing(what: string): boolean;
