// How many Japanese letters of the page's own text are in view that weren't before.
() => {
  const main = document.querySelector("#main");
  if (!main) return 0;
  window.readAlready ??= new WeakSet();
  const letters = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}ー々]/gu;
  const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  let count = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const around = node.parentElement;
    const found = node.data.match(letters);
    if (!found || window.readAlready.has(node) || around.closest(".unseen, .offscreen, rt, script, style, [hidden]")) continue;
    if (!around.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const seen = [...range.getClientRects()].some((box) => box.width > 0 && box.top < innerHeight && box.bottom > 0);
    if (!seen) continue;
    window.readAlready.add(node);
    count += found.length;
  }
  return count;
}
