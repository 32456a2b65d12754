// What is too pale, too small to touch or too small to read on this page, and how much too wide it is.
([target, smallest]) => {
  const parse = (text) => (text.match(/[\d.]+/g) || []).map(Number);
  const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) =>
    0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(e).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const seen = (box) => box.width > 2 && box.height > 2 && box.right > 0 && box.left < innerWidth;
  const hidden = (element) => {
    for (let e = element; e; e = e.parentElement) {
      if (getComputedStyle(e).clipPath !== "none" || e.matches(".skip, .offscreen, svg")) return true;
    }
    return false;
  };
  const name = (e) => `${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 20)}`;
  const found = { pale: [], small: [], tiny: [], read: 0, touched: 0 };

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    if (!walker.currentNode.data.trim() || !seen(range.getBoundingClientRect())) continue;
    if (hidden(element)) continue;
    const style = getComputedStyle(element);
    const [one, two] = [light(parse(style.color)), light(ground(element))];
    const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (contrast < 7) found.pale.push(`${contrast.toFixed(2)} ${name(element)}`);
    if (parseFloat(style.fontSize) < smallest) found.tiny.push(`${style.fontSize} ${name(element)}`);
    found.read += 1;
  }

  for (const element of document.querySelectorAll("a, button, input, textarea, .choice")) {
    const inside = element.parentElement.closest(".choice"); // the label is what is touched
    if (element.type === "hidden" || inside || hidden(element)) continue;
    if (!element.getClientRects().length) continue; // not drawn at all
    const box = element.getBoundingClientRect();
    if (Math.min(box.height, box.width) < target - 0.5) {
      found.small.push(`${Math.round(box.width)}x${Math.round(box.height)} ${name(element)}`);
    }
    found.touched += 1;
  }
  found.wide = document.documentElement.scrollWidth - innerWidth;
  return found;
};
