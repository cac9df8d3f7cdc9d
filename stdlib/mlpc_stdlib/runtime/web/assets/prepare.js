// For a model that takes what a person gives. Where something lies between the two, the export's own `prepare.mjs` stands here.
export function prepare(row) {
  return row;
}
