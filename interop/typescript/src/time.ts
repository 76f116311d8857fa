// spec/time.md

const HOUR = 3_600_000;

export interface Kept {
  readonly confirmed: number;
  readonly mark: number;
  readonly heard: number;
}

export interface Observation {
  readonly wall: number;
  readonly counted: number;
  readonly told: number;
}

export function observe(before: Kept, { wall, counted, told }: Observation) {
  const confirmed = Math.max(before.confirmed, counted, Math.min(wall, told));
  const mark = Math.max(before.mark, confirmed, Math.min(wall, confirmed + HOUR));
  const heard = Math.max(before.heard, told);
  const clockIsWrong = wall + HOUR < confirmed;
  return { confirmed, mark, heard, hidesBy: Math.max(mark, wall, clockIsWrong ? heard : 0), destroysBy: mark };
}
