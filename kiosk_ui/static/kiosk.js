// At the kiosk, on whatever page: how a stick is getting on, and what happens when nobody touches it.
(() => {
  const root = document.documentElement;
  const attract = document.body.classList.contains("attract");
  const home = document.body.classList.contains("home");
  const warn = Number(root.dataset.idle) * 1000;
  const last = 20000;
  const again = (what, wait) => setTimeout(what, wait);

  if ("serviceWorker" in navigator && root.dataset.worker) {
    navigator.serviceWorker.register(root.dataset.worker).catch(() => {});
    // Where nobody goes from page to page, what is shown while the machine is away is kept anew too.
    setInterval(() => navigator.serviceWorker.controller?.postMessage("keep"), 600000);
  }

  const place = document.getElementById("stick");
  let said = "";
  const stick = async () => {
    try {
      const answer = await fetch("/stick", { cache: "no-store" });
      const now = answer.status === 200 ? await answer.text() : "";
      if (answer.ok && now !== said) {
        place.innerHTML = now;
        said = now;
      }
    } catch {
      // The machine does not answer: nothing is known of the stick.
    }
    again(stick, 1500);
  };
  if (place) stick();

  // Says that this page lives, if it is what people see; hears whether it is night.
  const state = async () => {
    try {
      const answer = !document.hidden && await fetch(attract ? "/kiosk?rests" : "/kiosk", { cache: "no-store" });
      if (answer.ok) {
        const now = await answer.json();
        root.classList.toggle("dark", attract && now.dark);
      }
    } catch {
      // The machine does not answer.
    }
    again(state, 5000);
  };
  state();

  // On a screen of the machine's own nothing is copied or saved, no menu stays open behind a finger,
  // and nothing opens beside our page.
  const never = (event) => {
    if (matchMedia("(display-mode: fullscreen)").matches) event.preventDefault();
  };
  addEventListener("contextmenu", never);
  for (const kind of ["click", "auxclick"]) {
    addEventListener(kind, (event) => { if (event.shiftKey || event.button) never(event); }, { capture: true });
  }

  let touched = Date.now();
  const dialog = document.getElementById("idle");
  const left = document.getElementById("idle-left");
  let pressed = false;
  const on = (kinds, what) => {
    for (const kind of kinds) addEventListener(kind, what, { capture: true, passive: true });
  };
  on(["pointerdown", "keydown", "wheel", "input", "scroll", "timeupdate"], () => { touched = Date.now(); });
  on(["pointerdown"], () => { pressed = true; });
  on(["pointerup", "pointercancel"], () => { pressed = false; });
  const begin = (event) => {
    event.preventDefault(); // its link would lead there once more
    location.assign("/");
  };
  if (attract) for (const kind of ["click", "keydown"]) addEventListener(kind, begin, { capture: true });

  const leave = async () => {
    try {
      await fetch("/leave", { method: "POST", redirect: "manual" });
    } catch {
      // What it held in memory went with it.
    }
    location.replace(home ? "/attract" : "/");
  };
  const look = () => {
    const idle = Date.now() - touched;
    if (home ? idle >= warn : idle >= warn + last) return leave();
    if (!home && dialog && idle >= warn) {
      left.textContent = Math.ceil((warn + last - idle) / 1000);
      if (!dialog.open) dialog.showModal();
    } else if (dialog && dialog.open && !pressed) {
      dialog.close(); // not while a finger is down, or what lies below would be touched
    }
    again(look, 500);
  };
  if (!attract) look();

  const slides = [...document.querySelectorAll(".slide")];
  let shown = 0;
  const turn = () => {
    slides[shown].classList.add("later");
    shown = (shown + 1) % slides.length;
    slides[shown].classList.remove("later");
    again(turn, 10000);
  };
  if (slides.length > 1) again(turn, 10000);
})();
