// A form with a field for each column that the model takes.
const MISSING = NaN;

export function createInput(page, changed) {
  const form = document.getElementById("form");
  const fields = page.fields.map((field, index) => ({ ...field, element: document.getElementById(`f${index}`) }));

  function wanted({ min, max, minOpen, maxOpen, unit }) {
    const told = (bound) => (unit ? `${bound} ${unit}` : `${bound}`);
    if (min !== null && max !== null && !minOpen && !maxOpen) return `has to be from ${min} to ${told(max)}`;
    const parts = [];
    if (min !== null) parts.push(minOpen ? `more than ${told(min)}` : `${told(min)} or more`);
    if (max !== null) parts.push(maxOpen ? `less than ${told(max)}` : `${told(max)} or less`);
    return `has to be ${parts.join(" and ")}`;
  }

  function judge(field) {
    const element = field.element;
    if (field.kind === "switch") return { value: element.checked ? 1 : 0 };
    const text = element.value.trim();
    if (field.kind === "choice") {
      if (text !== "") return { value: field.choices[Number(text)] };
      return field.nullable ? { value: MISSING } : { problem: "has to be chosen" };
    }
    if (field.kind === "text") {
      if (text === "") return { problem: "is missing" };
      return element.validity.typeMismatch ? { problem: "has to be an address such as https://example.org" } : { value: text };
    }
    if (element.validity.badInput) return { problem: "has to be a number" };
    if (text === "") {
      return field.nullable ? { value: MISSING } : { problem: "is missing" };
    }
    const value = Number(text);
    if (!Number.isFinite(value)) return { problem: "has to be a number" };
    if (field.whole && !Number.isInteger(value)) return { problem: "has to be a whole number" };
    const low = field.min !== null && (field.minOpen ? value <= field.min : value < field.min);
    const high = field.max !== null && (field.maxOpen ? value >= field.max : value > field.max);
    return low || high ? { problem: wanted(field) } : { value };
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
    for (const { element, kind } of fields) {
      if (kind === "switch") element.checked = false;
      else element.value = "";
    }
    changed();
    fields[0].element.focus();
  });
  return { read };
}
