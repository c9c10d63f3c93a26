// Runs inside a page after a press of Tab: says where the focus is, and whether one can see it
// (WCAG 2.2: 2.4.7, 2.4.13). Null when the focus has left the page.
(() => {
  const element = document.activeElement;
  if (!element || element === document.body) {
    return null;
  }
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const isVisible = outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
  const index = [...document.querySelectorAll("*")].indexOf(element);
  return { index, name: `<${element.localName}> "${element.textContent.trim()}"`, isVisible };
})();
