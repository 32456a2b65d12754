// Says what is new, at once, and never moves what somebody reads. Without it a page is true when opened.
(() => {
  const place = document.getElementById("live");
  const root = document.documentElement;
  const kind = document.body.classList;
  const kiosk = root.classList.contains("kiosk");
  const watched = place.dataset.page === "whole"; // whether its own words may change
  const QUIET = 20000;
  const known = new Set(place.dataset.alerts.split(" "));
  let version = place.dataset.version;
  let source = null;
  let timer = 0;
  let turns = 0;
  let touched = 0;
  let said = false; // that this page has changed
  for (const touch of ["pointerdown", "keydown", "wheel", "input", "scroll"]) {
    addEventListener(touch, () => { touched = performance.now(); }, { capture: true, passive: true });
  }

  // What a page says, without how long ago that was.
  const words = (main) => {
    const copy = main.cloneNode(true);
    for (const passing of copy.querySelectorAll(".age, .newest")) passing.remove();
    return copy.textContent.replace(/\s+/g, "");
  };
  const main = () => document.querySelector("main");
  let read = watched && words(main());

  const show = (name, fill) => {
    const banner = place.querySelector(name);
    if (fill) fill(banner);
    banner.hidden = false;
  };
  // On the kiosk's first screen nobody stands who touched nothing for a while.
  const alone = () => kiosk && kind.contains("home") && performance.now() - touched > QUIET
    && !main().contains(document.activeElement);

  const look = async () => {
    if (!watched || said) return;
    try {
      const answer = await fetch(location.href, { cache: "no-cache" });
      if (answer.status >= 500) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = fresh.querySelector("main");
      if (answer.ok && words(now) === read) return;
      if (kind.contains("attract")) return location.reload();
      if (answer.ok && alone()) {
        read = words(now);
        for (const part of ["header", "main"]) {
          document.querySelector(part).replaceWith(document.adoptNode(fresh.querySelector(part)));
        }
        return;
      }
      said = true;
      show(".live-new");
    } catch {
      // The machine does not answer: what stands here was true, and says when.
    }
  };

  const hear = (news) => {
    const alert = news.alerts.find((each) => !known.has(each.id));
    for (const each of news.alerts) known.add(each.id);
    if (alert && kind.contains("attract")) return location.reload();
    if (alert && location.pathname !== alert.path) {
      show(".live-alert", (banner) => {
        banner.querySelector("strong").textContent = alert.marks.map((mark) => `【${mark}】`).join("") + alert.title;
        banner.querySelector("a").href = alert.path;
      });
    }
    if (String(news.version) === version) return;
    version = String(news.version);
    if (kiosk) look();
    else setTimeout(look, 2000 * Math.random()); // not all phones at one moment
  };

  const hush = () => {
    clearTimeout(timer);
    if (source) source.close();
    source = null;
  };
  // Where all streams are taken one asks now and then, and whether one is free.
  const ask = async () => {
    hush();
    turns += 1;
    if (turns % 5 === 0) return listen();
    try {
      const answer = await fetch("/news", { cache: "no-cache" });
      if (answer.ok) hear(await answer.json());
    } catch {
      // Not now.
    }
    timer = setTimeout(ask, 24000 + 12000 * Math.random());
  };
  const later = () => {
    hush();
    timer = setTimeout(ask, 24000 + 12000 * Math.random());
  };
  const listen = () => {
    hush();
    if (!window.EventSource) return later();
    source = new EventSource("/live");
    source.onmessage = (event) => hear(JSON.parse(event.data));
    source.addEventListener("full", later);
    source.onerror = () => { if (source && source.readyState === EventSource.CLOSED) later(); };
  };
  document.addEventListener("visibilitychange", () => document.hidden ? hush() : listen());
  addEventListener("pagehide", hush);
  addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  if (!document.hidden) listen();
})();
