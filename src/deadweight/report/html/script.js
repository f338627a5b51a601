"use strict";
(() => {
  const DATA = JSON.parse(document.getElementById("data").textContent);
  const ROWS = DATA.distributions;
  const $ = (id) => document.getElementById(id);

  // ---- Text: the same units as in every other format ----

  /** Return a size in decimal units with three significant digits, as report/units.py does. */
  function human(size) {
    if (size == null) return "?";
    const units = ["B", "kB", "MB", "GB", "TB"];
    let value = size, unit = 0;
    while (value >= 999.5 && unit < units.length - 1) { value /= 1000; unit += 1; }
    const digits = unit === 0 || value >= 99.95 ? 0 : value < 9.995 ? 2 : 1;
    return `${rounded(value, digits)} ${units[unit]}`;
  }

  /** Round halves to even, as Python does; toFixed rounds them up. */
  function rounded(value, digits) {
    const text = value.toFixed(digits);
    const isHalf = Math.abs(value * 2 ** (digits + 1)) % 2 === 1; // exact: only multiples of a power of 2 can be halves
    return isHalf && text.at(-1) % 2 ? (value - 10 ** -(digits + 2)).toFixed(digits) : text;
  }

  /** Return a share in whole percent; other shares than 0 and 1 are never rounded to 0 % or 100 %. */
  function percent(part, whole) {
    if (!whole || !part) return "0 %";
    const share = (100 * part) / whole;
    if (share >= 99.5 && share < 100) return ">99 %";
    return share < 0.5 ? "<1 %" : `${rounded(share, 0)} %`;
  }

  const counted = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
  const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);

  // ---- DOM: text is only ever set as text ----

  /** Return a new element. Children are elements or texts; properties are those of the DOM, others are attributes. */
  function element(tag, properties = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name in made) made[name] = value;
      else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  const linkTo = (number) => element("a", { href: "#details", "data-show": number }, ROWS[number].name);

  // ---- Treemap: the tree of what is drawn ----

  /** A node is {name, size, group, row?, children?}; its children are sorted, the largest first. */
  function node(name, size, group, children, row) {
    const shown = (children ?? []).filter((child) => child.size > 0).sort((a, b) => b.size - a.size);
    return { name, size, group, row, children: shown.length ? shown : null };
  }

  function wholeTree(measure) {
    const groups = DATA.groups.map((group) => {
      const rows = ROWS.filter((row) => row.group === group).map((row) =>
        node(row.name, row[measure] ?? 0, group, measure === "own" ? contentsOf(row, group) : null, row));
      return node(group, sum(rows.map((row) => row.size)), group, rows);
    });
    const unowned = measure === "own" ? unownedNodes() : [];
    const children = [...groups, ...unowned];
    return node("everything", sum(children.map((child) => child.size)), "other", children);
  }

  const depth = (path) => path.split("/").length;
  const DEEPEST = Math.max(...ROWS.flatMap((row) => (row.directories ?? []).map(([path]) => depth(path))), 0);

  /** Directories contain everything below them, but those above the deepest level only their own files: "numpy/*". */
  const shownDirectory = (path) => (depth(path) < DEEPEST ? `${path}/*` : `${path}/`);

  function contains(directory, path) {
    const below = path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : "";
    return below && (depth(directory) === DEEPEST || !below.includes("/"));
  }

  /** Directories with the large files in them, large files elsewhere, and the rest. */
  function contentsOf(owner, group) {
    const directories = (owner.directories ?? []).map(([path, size]) => ({ path, size, files: [] }));
    const outside = [];
    for (const [path, size] of owner.files ?? []) {
      const around = directories.find((directory) => contains(directory.path, path));
      const name = around ? path.slice(around.path.length + 1) : path;
      (around?.files ?? outside).push(node(name, size, group, null, owner));
    }
    const parts = directories.map(({ path, size, files }) =>
      node(shownDirectory(path), size, group, files.length ? withRest(files, size, group, owner) : null, owner));
    return parts.length + outside.length ? withRest([...parts, ...outside], owner.own, group, owner) : null;
  }

  function withRest(nodes, size, group, row) {
    const rest = node("other files", size - sum(nodes.map((each) => each.size)), group, null, row);
    return [...nodes, { ...rest, isRest: true }];
  }

  /** What no distribution owns: one node, or the contents of a whole system. */
  function unownedNodes() {
    const size = DATA.total - sum(ROWS.map((row) => row.own));
    const known = DATA.contents.map((each) => node(each.name, each.own, "other", contentsOf(each, "other")));
    return [node("not in distributions", size, "other", known.length ? withRest(known, size, "other") : null)];
  }

  // ---- Treemap: layout ----

  const SMALLEST = 90; // px² of a cell; smaller ones are drawn as one

  /** Return the rectangles of sizes, which are sorted, the largest first (Bruls, Huizing and van Wijk, 2000). */
  function squarified(sizes, box) {
    const scale = (box.width * box.height) / sum(sizes);
    const areas = sizes.map((size) => size * scale);
    const rectangles = [];
    let { x, y, width, height } = box;
    for (let start = 0; start < areas.length;) {
      const side = Math.min(width, height);
      let end = start + 1, total = areas[start];
      // A strip along the shorter side takes cells as long as their worst aspect ratio improves.
      while (end < areas.length && worst(areas[start], areas[end], total + areas[end], side)
             <= worst(areas[start], areas[end - 1], total, side)) total += areas[end++];
      const depth = side ? total / side : 0;
      let offset = 0;
      for (const area of areas.slice(start, end)) {
        const length = depth ? area / depth : 0;
        rectangles.push(width < height
          ? { x: x + offset, y, width: length, height: depth }
          : { x, y: y + offset, width: depth, height: length });
        offset += length;
      }
      if (width < height) { y += depth; height -= depth; } else { x += depth; width -= depth; }
      start = end;
    }
    return rectangles;
  }

  const worst = (largest, smallest, total, side) =>
    Math.max((side ** 2 * largest) / total ** 2, total ** 2 / (side ** 2 * smallest));

  /** Return [node, rectangle] of each child; those that would be too small to see are one node. */
  function laidOut(parent, box) {
    const smallest = (SMALLEST / (box.width * box.height)) * parent.size;
    const all = parent.children;
    const large = all.filter((child) => child.size >= smallest).slice(0, 400);
    const small = all.slice(large.length);
    const rest = sum(small.map((child) => child.size));
    if (small.length > 1) large.push(node(`${small.length} smaller`, rest, small[0].group, small));
    else large.push(...small);
    large.sort((a, b) => b.size - a.size);
    const rectangles = squarified(large.map((child) => child.size), box);
    return large.map((child, index) => [child, inside(rectangles[index], box)]);
  }

  /** Return a rectangle that leaves room in its box for the pixel that every cell has at least. */
  const inside = ({ x, y, width, height }, box) =>
    ({ x: Math.min(x, box.x + box.width - 1), y: Math.min(y, box.y + box.height - 1), width, height });

  // ---- Treemap: drawing and moving ----

  const HEAD = 22; // px
  const map = $("map");
  let path = []; // from the whole tree to the node that fills the map
  let cells = []; // [button, node, rectangle]

  function draw() {
    const top = path.at(-1);
    const whole = { x: 0, y: 0, width: map.clientWidth, height: map.clientHeight };
    cells = [];
    const drawn = top.children && whole.width ? laidOut(top, whole).map(([child, box]) =>
      child.children && box.width >= 60 && box.height >= 54 ? region(child, box) : cell(child, box)) : [];
    if (!drawn.length) drawn.push(element("p", {}, "Nothing to draw."));
    map.replaceChildren(...drawn);
    if (cells.length) cells[0][0].tabIndex = 0;
    drawCrumbs();
    describe(top);
  }

  function region(parent, box) {
    const label = `${parent.name}, ${human(parent.size)}`;
    const made = element("div", { className: `region ${parent.group}`, role: "group", ariaLabel: label });
    position(made, box);
    const head = button(parent, { ...box, height: HEAD }, "head");
    head.classList.toggle("narrow", box.width < 110);
    const inner = { x: 0, y: HEAD, width: box.width - 2, height: box.height - HEAD - 2 };
    made.append(head, ...laidOut(parent, inner).map(([child, rectangle]) => cell(child, rectangle, box)));
    return made;
  }

  /** Return a cell; the box is relative to the origin, that of a region. */
  function cell(child, box, origin = { x: 0, y: 0 }) {
    const made = button(child, { ...box, x: origin.x + box.x, y: origin.y + box.y }, child.group);
    position(made, box);
    made.classList.toggle("rest", Boolean(child.isRest));
    made.classList.toggle("tiny", box.width < 34 || box.height < 18);
    made.classList.toggle("narrow", box.height < 36 || box.width < 66);
    return made;
  }

  function button(child, box, className) {
    const share = percent(child.size, path[0].size);
    const action = child.children ? "zoom in" : ROWS.includes(child.row) ? "show dependencies" : "";
    const label = [child.name, human(child.size), share, action].filter(Boolean).join(", ");
    const made = element("button", { type: "button", className, tabIndex: -1, ariaLabel: label },
      element("span", {}, child.name), element("span", { className: "size" }, human(child.size)));
    cells.push([made, child, box]);
    return made;
  }

  function position(made, { x, y, width, height }) {
    // A gap of one pixel separates cells.
    Object.assign(made.style, {
      left: `${x}px`, top: `${y}px`, width: `${Math.max(width - 1, 1)}px`, height: `${Math.max(height - 1, 1)}px`,
    });
  }

  function drawCrumbs() {
    $("crumbs").firstElementChild.replaceChildren(...path.map((each, index) => {
      const last = index === path.length - 1;
      const crumb = element("button", { type: "button" }, each.name);
      if (last) crumb.setAttribute("aria-current", "true");
      else crumb.addEventListener("click", () => zoomTo(path.slice(0, index + 1)));
      return element("li", {}, crumb);
    }));
  }

  function describe(child) {
    const parts = [child.name, human(child.size), percent(child.size, path[0].size)];
    if (child.row && child.row.name !== child.name) parts.push(child.row.name);
    if ($("measure").value === "retained" && !child.row) parts.push("retained sizes overlap, so they are not a sum of parts");
    $("map-info").textContent = parts.join(" · ");
  }

  function zoomTo(nodes) {
    const hadFocus = map.contains(document.activeElement) || $("crumbs").contains(document.activeElement);
    const left = path.at(-1);
    path = nodes;
    draw();
    $("map-status").textContent = `${path.at(-1).name}, ${human(path.at(-1).size)}, ${counted(cells.length, "cell")}`;
    if (hadFocus && cells.length) focusCell(cells.find(([, child]) => child === left) ?? cells[0]);
  }

  function choose(child) {
    if (child.children) zoomTo([...path, ...between(path.at(-1), child), child]);
    else if (ROWS.includes(child.row)) show(ROWS.indexOf(child.row));
  }

  /** Return the nodes between an ancestor and a descendant that is at most two levels below. */
  function between(ancestor, descendant) {
    return ancestor.children.filter((child) => child !== descendant && child.children?.includes(descendant));
  }

  function focusCell([chosen]) {
    for (const [each] of cells) each.tabIndex = -1;
    chosen.tabIndex = 0;
    chosen.focus();
  }

  /** Return the nearest cell in a direction, by the distance of centres; sideways distance counts twice. */
  function nearest([, , from], dx, dy) {
    const center = ({ x, y, width, height }) => [x + width / 2, y + height / 2];
    const [x, y] = center(from);
    const distance = ([, , box]) => {
      const [cx, cy] = center(box);
      const ahead = (cx - x) * dx + (cy - y) * dy;
      return ahead > 1 ? ahead + 2 * Math.abs(dx ? cy - y : cx - x) : Infinity;
    };
    const best = cells.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    return distance(best) < Infinity ? best : null;
  }

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function onMapKey(event) {
    const current = cells.find(([each]) => each === document.activeElement);
    if (event.key === "Escape" && path.length > 1) zoomTo(path.slice(0, -1));
    else if (!current) return;
    else if (event.key === "Home") focusCell(cells[0]);
    else if (event.key === "End") focusCell(cells.at(-1));
    else if (event.key in ARROWS) {
      const next = nearest(current, ...ARROWS[event.key]);
      if (next) focusCell(next);
    } else return;
    event.preventDefault();
  }

  function startMap() {
    const cellAt = (event) => cells.find(([each]) => each === event.target.closest("button"));
    const restart = () => { path = [wholeTree($("measure").value)]; draw(); };
    map.addEventListener("click", (event) => { const found = cellAt(event); if (found) choose(found[1]); });
    map.addEventListener("keydown", onMapKey);
    for (const kind of ["focusin", "pointerover"]) {
      map.addEventListener(kind, (event) => describe(cellAt(event)?.[1] ?? path.at(-1)));
    }
    $("measure").addEventListener("change", restart);
    restart();
    let width = map.clientWidth;
    new ResizeObserver(() => {
      if (map.clientWidth === width) return;
      width = map.clientWidth;
      draw();
    }).observe(map);
  }

  // ---- Table ----

  function startTable() {
    const body = $("table").tBodies[0];
    let most = DATA.view.rows;
    const lines = [...body.rows].map((line) => ({ line, number: Number(line.dataset.row) }));
    const requirers = ROWS.map((row) => row.requiredBy.length);
    const texts = ROWS.map((row) => [row.name, ...(row.tags ?? []), ...(row.imports ?? [])].join(" ").toLowerCase());
    const files = new Map(lines.map(({ line, number }) => [number, Number(line.cells[7].textContent.replaceAll(",", ""))]));
    const valueOf = (key, number) =>
      key === "requirers" ? requirers[number]
      : key === "files" ? files.get(number)
      : key === "group" ? DATA.groups.indexOf(ROWS[number].group)
      : ROWS[number][key] ?? (key === "native" || key === "bytecode" ? 0 : -1);

    function sort(heading) {
      const key = heading.dataset.key;
      const isText = key === "name" || key === "group";
      const first = isText ? "ascending" : "descending";
      const other = isText ? "descending" : "ascending";
      const order = heading.getAttribute("aria-sort") === first ? other : first;
      for (const each of heading.parentElement.cells) each.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      lines.sort((a, b) => {
        const [x, y] = [valueOf(key, a.number), valueOf(key, b.number)];
        return (x < y ? -sign : x > y ? sign : 0) || a.number - b.number;
      });
      body.append(...lines.map(({ line }) => line));
      limit();
    }

    /** Show the first rows that the filter leaves. */
    function limit() {
      const shown = lines.filter(({ line }) => !line.hidden);
      shown.forEach(({ line }, index) => line.classList.toggle("late", index >= most));
      if ($("all")) $("all").hidden = shown.length <= most;
    }

    function filter() {
      const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
      const groups = new Set([...document.querySelectorAll("#filter [name=group]:checked")].map((box) => box.value));
      const directOnly = $("direct").checked;
      let size = 0, count = 0;
      for (const { line, number } of lines) {
        const row = ROWS[number];
        line.hidden = !groups.has(row.group) || (directOnly && !row.direct) || !words.every((word) => texts[number].includes(word));
        if (!line.hidden) { size += row.own; count += 1; }
      }
      $("found").textContent = count === lines.length ? "" : `${count} of ${counted(lines.length, "distribution")}, ${human(size)}`;
      limit();
    }

    for (const heading of $("table").tHead.rows[0].cells) heading.firstElementChild.addEventListener("click", () => sort(heading));
    $("filter").addEventListener("input", filter);
    $("filter").addEventListener("submit", (event) => event.preventDefault());
    $("all")?.addEventListener("click", () => {
      most = Infinity;
      limit();
      $("table").closest(".scroll").focus();
    });
    filter();
  }

  // ---- Dependency view ----

  /** Show a distribution, and move the focus to its heading. */
  function show(number) {
    drawDetails(number);
    $("pick").value = String(number);
    $("details").scrollIntoView();
    $("details").focus({ preventScroll: true });
  }

  function drawDetails(number) {
    const row = ROWS[number];
    const title = element("h3", { className: "wide" }, `${row.name} ${row.version ?? ""}`);
    $("detail").replaceChildren(title, ...[
      part("Facts", facts(row)),
      part("Group", groupOf(row)),
      part("Required by", requirers(number)),
      part("Requires", requirements(number)),
      part(`Removed with it (frees ${human(row.retained)})`, leaves(row)),
      part("Largest files and directories", contents(row, `Largest files and directories of ${row.name}`)),
    ]);
  }

  const part = (title, ...children) => element("div", {}, element("h3", {}, title), ...children);

  function facts(row) {
    const values = {
      "own size": `${row.estimated ? "~" : ""}${human(row.own)} (${percent(row.own, DATA.total)})`,
      "native code": row.native && human(row.native),
      bytecode: row.bytecode && human(row.bytecode),
      download: row.download && human(row.download),
      "with dependencies": human(row.closure),
      retained: human(row.retained),
      [DATA.requested ? "dropping its line frees" : "no longer requesting it frees"]: row.freed != null && human(row.freed),
      imports: row.imports?.join(", "),
      programs: row.programs?.join(", "),
      tags: row.tags?.join(", "),
      archive: row.archive,
      estimated: row.estimated,
      "installed from": row.url,
      editable: row.editable && "yes",
      environment: row.environment,
      layers: row.layers?.join(", "),
    };
    const shown = Object.entries(values).filter(([, value]) => value);
    return element("dl", {}, ...shown.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
  }

  function groupOf(row) {
    const reasons = (row.evidence ?? []).map(([rule, group, reason]) =>
      element("li", {}, `${group}: ${reason} `, element("span", { className: "rule" }, rule)));
    const name = element("p", {}, element("span", { className: `group ${row.group}` }, row.group), row.unsure ? " (uncertain)" : "");
    const made = element("div", {}, name);
    if (reasons.length) made.append(element("ul", {}, ...reasons));
    return made;
  }

  function requirers(number) {
    const row = ROWS[number];
    const made = element("div", {});
    if (row.direct) made.append(element("p", {}, "It is a direct requirement."));
    if (row.orphan) made.append(element("p", {}, "Nothing requires it."));
    if (row.roots) {
      const names = row.roots.flatMap((root, index) => [index ? ", " : "", linkTo(root)]);
      if (row.otherRoots) names.push(` and ${row.otherRoots} more`);
      made.append(element("p", {}, `${row.direct ? "Other direct" : "Direct"} requirements that lead to it: `, ...names));
    }
    const edges = (of) => ROWS[of].requiredBy;
    if (row.requiredBy.length) made.append(tree(number, edges, "what requires", [number]));
    return made;
  }

  function requirements(number) {
    const edges = (of) => ROWS[of].requirements ?? [];
    if (!edges(number).length) return element("p", {}, "It has no requirements.");
    return tree(number, edges, "what is required by", [number]);
  }

  /** Return a list whose items open on demand. ``above`` are the numbers from the root, which end a cycle. */
  function tree(number, edges, purpose, above) {
    const items = [...edges(number)].sort((a, b) => ROWS[b[0]].own - ROWS[a[0]].own).map(([other, line, extra]) => {
      const item = element("li", {});
      const isCycle = above.includes(other);
      if (edges(other).length && !isCycle) item.append(toggle(item, other, edges, purpose, above));
      const note = `${extra ? ` (extra ${extra})` : ""}${isCycle ? " (a cycle)" : ""}`;
      item.append(linkTo(other), ` ${human(ROWS[other].own)}${note} `, element("code", {}, line));
      return item;
    });
    return element("ul", { className: above.length === 1 ? "tree" : "" }, ...items);
  }

  function toggle(item, number, edges, purpose, above) {
    const label = `Show ${purpose} ${ROWS[number].name}`;
    const made = element("button", { type: "button", className: "toggle", ariaLabel: label, ariaExpanded: "false" });
    made.addEventListener("click", () => {
      const open = made.ariaExpanded === "false";
      made.ariaExpanded = String(open);
      if (open) item.append(tree(number, edges, purpose, [...above, number]));
      else item.lastElementChild.remove();
    });
    return made;
  }

  function leaves(row) {
    if (!row.leaves) return element("p", {}, "Nothing else.");
    const items = row.leaves.map((leaf) => element("li", {}, linkTo(leaf), ` ${human(ROWS[leaf].own)}`));
    if (row.otherLeaves) items.push(element("li", {}, `and ${row.otherLeaves} smaller`));
    return element("ul", {}, ...items);
  }

  function contents(row, title) {
    const paths = [...(row.directories ?? []).map(([path, size]) => [shownDirectory(path), size]), ...(row.files ?? [])];
    if (!paths.length) return element("p", {}, "None of 10 kB or more.");
    const lines = paths.sort((a, b) => b[1] - a[1]).map(([path, size]) =>
      element("tr", {}, element("th", { scope: "row", className: "path" }, path), element("td", { className: "number" }, human(size))));
    const head = element("tr", {},
      element("th", { scope: "col" }, "Path"), element("th", { scope: "col", className: "number" }, "Size"));
    return element("table", { ariaLabel: title }, element("thead", {}, head), element("tbody", {}, ...lines));
  }

  function startDetails() {
    $("pick").append(...ROWS.map((row, number) => element("option", { value: number }, row.name)));
    $("pick").addEventListener("change", () => drawDetails(Number($("pick").value)));
    document.addEventListener("click", (event) => {
      const link = event.target.closest("[data-show]");
      if (!link) return;
      event.preventDefault();
      show(Number(link.dataset.show));
    });
    const largest = ROWS.reduce((best, row, number) => (row.retained > ROWS[best].retained ? number : best), 0);
    $("pick").value = String(largest);
    drawDetails(largest);
  }

  // ---- Copy buttons and the theme ----

  async function copy(clicked) {
    const source = $(clicked.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      $("copied").textContent = "Copied.";
      clicked.firstChild.data = "Copied";
      setTimeout(() => { clicked.firstChild.data = "Copy"; }, 2000);
    } catch {
      getSelection().selectAllChildren(source);
      $("copied").textContent = "The text is selected; copy it with the keyboard.";
    }
  }

  function startTheme() {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const button = $("theme");
    const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
    const update = () => { button.ariaPressed = String(isDark()); };
    button.addEventListener("click", () => {
      document.documentElement.dataset.theme = isDark() ? "light" : "dark";
      update();
    });
    dark.addEventListener("change", update);
    button.hidden = false;
    update();
  }

  /** On phones, rows are blocks without headings: each cell names its column, and roles keep the table a table. */
  function labelCells() {
    for (const table of document.querySelectorAll(".rows")) {
      const names = [...table.tHead.rows[0].cells].map((heading) => heading.textContent);
      table.role = "table";
      for (const group of [table.tHead, table.tBodies[0]]) group.role = "rowgroup";
      for (const line of table.rows) {
        line.role = "row";
        for (const one of line.cells) {
          one.role = one.tagName === "TD" ? "cell" : one.scope === "col" ? "columnheader" : "rowheader";
          if (one.role === "cell") one.dataset.label = names[one.cellIndex];
        }
      }
    }
  }

  for (const row of ROWS) row.requiredBy = [];
  ROWS.forEach((row, number) => {
    for (const [other, ...line] of row.requirements ?? []) ROWS[other].requiredBy.push([number, ...line]);
  });
  startTheme();
  labelCells();
  for (const each of document.querySelectorAll("[data-copy]")) each.addEventListener("click", () => copy(each));
  if (ROWS.length) {
    startDetails();
    startTable();
    startMap();
  }
  document.documentElement.dataset.ready = "true";
})();
