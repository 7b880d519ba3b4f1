/** @file What `npm run bench -- step` takes and shows beyond the usual. */

const number = (value) => (value === null ? '–' : Number(value.toPrecision(3)).toString());

export const OPTIONS = {
  rounds: {
    value: 'N',
    read: (text = '9') => {
      const rounds = Number(text);
      if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`"${text}" is no number of rounds from 1 on`);
      return rounds;
    },
  },
};

export const COLUMNS = {
  'CPU ms': (row) => number(row.cpuOurs),
  theirs: (row) => number(row.cpuTheirs),
  'CPU ratio': (row) => (row.cpuRatio === null ? '–' : `${number(row.cpuRatio)} ×`),
};
