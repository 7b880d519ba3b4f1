/** @file What was found, as lines for people: a name and a value, nested ones indented. */
import { bytes, codeLength, count } from '../console.ts';
import { cutTable, type ListedCut } from './cuts.ts';
import type { Found } from './inspect.ts';

const LONGEST_LIST = 12;

/** One line a field, lists cut short with their length. */
export function lines(found: Found): string[] {
  const { kind, path, ...fields } = found;
  return [`${path}: ${kind}`, ...fieldLines(fields, '  ')];
}

function fieldLines(fields: Record<string, unknown>, indent: string): string[] {
  const width = Math.max(...Object.keys(fields).map((name) => name.length));
  return Object.entries(fields).flatMap(([name, value]) => {
    if (name === 'cuts') {
      const table = cutTable(value as ListedCut[], fields.defaultCut as string);
      return [`${indent}${name}`, ...table.map((line) => `${indent}  ${line}`)];
    }
    if (isRecord(value)) {
      const inner = Object.values(value);
      if (inner.length === 0) return [];
      if (inner.length > 4 || inner.some((item) => typeof item === 'object' && item !== null)) {
        return [`${indent}${name}`, ...fieldLines(value, `${indent}  `)];
      }
    }
    const text = name === 'bytes' ? bytes(value as number) : inline(value, name === 'ids');
    const { M, K } = fields;
    if (name === 'bits' && typeof M === 'number' && typeof K === 'number') {
      return [`${indent}${name.padEnd(width)}  ${codeLength({ M, K })}`];
    }
    return [`${indent}${name.padEnd(width)}  ${text}`];
  });
}

function inline(value: unknown, isWhole = false): string {
  if (typeof value === 'number') return Number.isInteger(value) ? count(value) : String(Number(value.toPrecision(6)));
  if (Array.isArray(value)) {
    const shown = (isWhole ? value : value.slice(0, LONGEST_LIST)).map((item) => inline(item));
    const more = value.length - shown.length;
    return shown.join(', ') + (more > 0 ? ` … (${count(value.length)} in all)` : '');
  }
  if (isRecord(value)) {
    if (typeof value.name === 'string') return named(value);
    return Object.entries(value)
      .map(([name, item]) => `${name} ${inline(item)}`)
      .join(', ');
  }
  return value === null || value === undefined || value === '' ? '–' : String(value);
}

/** `cat 12`, `image uint8 [N × 32 × 32 × 3]`, `model.onnx 1.2 MB`. */
function named(value: Record<string, unknown>): string {
  const { name, dims, type, size, pictures } = value;
  if (Array.isArray(dims)) return `${name} ${type} [${dims.join(' × ')}]`;
  if (typeof size === 'number') return `${name} ${bytes(size)}`;
  return `${name} ${pictures === undefined ? '' : inline(pictures)}`.trim();
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
