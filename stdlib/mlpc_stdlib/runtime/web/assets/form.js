// A form with a field for each column that the model takes.
const MISSING = NaN;

export function createInput(page, changed) {
  const form = document.getElementById("form");
  const fields = page.fields.map((field, index) => ({ ...field, element: document.getElementById(`f${index}`) }));

  function judge(field) {
    const element = field.element;
    const text = element.value.trim();
    if (field.kind === "choice") {
      return text === "" ? { value: MISSING } : { value: Number(text) };
    }
    if (element.validity.badInput) return { problem: "has to be a number" };
    if (text === "") {
      return field.nullable ? { value: MISSING } : { problem: "is missing" };
    }
    const value = Number(text);
    if (!Number.isFinite(value)) return { problem: "has to be a number" };
    if (field.whole && !Number.isInteger(value)) return { problem: "has to be a whole number" };
    if (field.min !== null && (field.minOpen ? value <= field.min : value < field.min)) {
      return { problem: field.minOpen ? `has to be more than ${field.min}` : `has to be ${field.min} or more` };
    }
    if (field.max !== null && (field.maxOpen ? value >= field.max : value > field.max)) {
      return { problem: field.maxOpen ? `has to be less than ${field.max}` : `has to be ${field.max} or less` };
    }
    return { value };
  }

  function show(field, problem) {
    const element = field.element;
    const note = document.getElementById(`${element.id}e`);
    note.textContent = problem ? problem[0].toUpperCase() + problem.slice(1) : "";
    if (problem) element.setAttribute("aria-invalid", "true");
    else element.removeAttribute("aria-invalid");
  }

  function read() {
    const values = [];
    let problem = "";
    let bad = 0;
    for (const field of fields) {
      const found = judge(field);
      show(field, found.problem);
      if (found.problem) {
        bad += 1;
        problem = problem || `${field.label} ${found.problem}`;
      } else values.push(found.value);
    }
    if (!bad) return { values };
    return { problem: bad === 1 ? problem : `${problem}, and ${bad - 1} more to fill in` };
  }

  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(changed, 120);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wrong = fields.find((field) => judge(field).problem);
    if (wrong) wrong.element.focus();
    changed();
  });
  form.addEventListener("reset", () => setTimeout(changed));
  document.getElementById("clear").addEventListener("click", () => {
    for (const field of fields) field.element.value = "";
    changed();
    fields[0].element.focus();
  });
  return { read };
}
