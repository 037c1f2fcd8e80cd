// Lists with boxes: one in the head sets all, Shift sets those between, and the bar says how many. Without scripts each box is set alone.

for (const form of document.querySelectorAll("form[data-rows]")) {
  const all = form.querySelector("input[data-all]");
  const boxes = () => [...form.querySelectorAll("tbody input[type=checkbox]")];
  const count = form.querySelector("[data-count]");
  let last = null;
  const tell = () => {
    const set = boxes().filter((box) => box.checked).length;
    if (count) count.textContent = String(set);
    if (all) {
      all.checked = set > 0 && set === boxes().length;
      all.indeterminate = set > 0 && set < boxes().length;
    }
  };
  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => {
      for (const box of boxes()) box.checked = all.checked;
      tell();
    });
  }
  form.addEventListener("click", (event) => {
    const box = event.target.closest("tbody input[type=checkbox]");
    if (!box) return;
    if (event.shiftKey && last) {
      const each = boxes();
      const [from, to] = [each.indexOf(last), each.indexOf(box)].sort((one, other) => one - other);
      for (const between of each.slice(from, to + 1)) between.checked = box.checked;
    }
    last = box;
    tell();
  });
  tell();
}
