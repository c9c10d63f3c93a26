// Runs inside a page: returns what a person with low vision, a keyboard or a screen reader would
// stumble over, as sentences (WCAG 2.2 AA: the success criteria are named).
(() => {
  const faults = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const name = (element) =>
    `<${element.localName}> "${(element.textContent || element.id).trim()}"`;

  // 1.3.1, 2.4.2, 2.4.6, 3.1.1
  if (all("h1").length !== 1) {
    faults.push(`${all("h1").length} h1`);
  }
  if (all("main").length !== 1) {
    faults.push(`${all("main").length} main`);
  }
  if (!document.documentElement.lang) {
    faults.push("no lang");
  }
  if (!document.title.trim()) {
    faults.push("no title");
  }
  const levels = all("h1, h2, h3, h4, h5, h6").map(({ localName }) => Number(localName[1]));
  if (levels.some((level, index) => level > (levels[index - 1] ?? 0) + 1)) {
    faults.push(`headings skip a level: ${levels.join(" ")}`);
  }

  // 1.1.1, 3.3.2, 4.1.2
  for (const field of all("input:not([type=hidden]), select, textarea")) {
    if (![...field.labels].some((label) => label.textContent.trim())) {
      faults.push(`${name(field)} has no label`);
    }
  }
  for (const image of all("img:not([alt]), img[alt='']")) {
    faults.push(`an image has no words: ${image.src.slice(0, 40)}`);
  }
  for (const control of all("button, a[href]").filter((each) => !each.textContent.trim())) {
    faults.push(`${name(control)} has no name`);
  }
  const ids = all("[id]").map(({ id }) => id);
  if (new Set(ids).size < ids.length) {
    faults.push("an id stands twice");
  }

  // 1.4.3: 4.5 for all text, large or not; 1.4.11: 3 for the edge of a field
  for (const element of all("body *").filter(showsText)) {
    const ratio = contrast(getComputedStyle(element).color, backgroundOf(element));
    if (ratio < 4.5) {
      faults.push(`${name(element)} has contrast ${ratio.toFixed(2)}`);
    }
  }
  for (const field of all("input:not([type=hidden])")) {
    const ratio = contrast(getComputedStyle(field).borderColor, backgroundOf(field.parentElement));
    if (ratio < 3) {
      faults.push(`the edge of ${name(field)} has contrast ${ratio.toFixed(2)}`);
    }
  }

  // 1.4.10, 2.5.8
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) {
    faults.push(`scrolls sideways: ${scrollWidth} px wide in ${clientWidth}`);
  }
  for (const control of all("button, input:not([type=hidden])")) {
    const { width, height } = control.getBoundingClientRect();
    if (control.checkVisibility() && (width < 24 || height < 24)) {
      faults.push(`${name(control)} is ${width} by ${height} px`);
    }
  }
  return faults;

  function showsText(element) {
    const own = [...element.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE);
    const hasText = own.some(({ data }) => data.trim()) || element.localName === "input";
    return hasText && element.checkVisibility() && !["script", "style"].includes(element.localName);
  }

  function backgroundOf(element) {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      layers.push(readColour(getComputedStyle(each).backgroundColor));
      if (layers.at(-1)[3] === 1) {
        break;
      }
    }
    return layers.reverse().reduce(blend, [255, 255, 255, 1]);
  }

  function blend(below, [red, green, blue, alpha]) {
    const mix = (above, index) => above * alpha + below[index] * (1 - alpha);
    return [mix(red, 0), mix(green, 1), mix(blue, 2), 1];
  }

  function readColour(text) {
    const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g).map(Number);
    return [red, green, blue, alpha];
  }

  function contrast(text, background) {
    const [light, dark] = [
      luminance(blend(background, readColour(text))),
      luminance(background),
    ].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  }

  function luminance([red, green, blue]) {
    const [r, g, b] = [red, green, blue].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
})();
