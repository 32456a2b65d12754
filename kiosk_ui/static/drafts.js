// On one's own phone: what was typed stays through a reload or a lost connection, until it was taken in.
// A post may wait a day; what few may read (data-draft="tab") goes with the tab it was typed in.
// The kiosk never loads this: what stands there is gone with the visitor.
(() => {
  const DAY = 86400000;
  const form = document.querySelector("#post-form:not([data-draft=none])");
  const name = `draft:${location.pathname}`;
  let place = null;
  const GOES_ALONG = ["token", "seen", "slip"]; // or what is sent again would be taken for something new

  const forget = (when) => {
    for (const each of [localStorage, sessionStorage]) {
      for (const key of Object.keys(each)) {
        if (key.startsWith("draft:") && when(JSON.parse(each.getItem(key)))) each.removeItem(key);
      }
    }
  };
  const typed = () => [...form.elements].filter( // a chosen file can't be put back
    (each) => each.name && !["submit", "file"].includes(each.type) && (each.type !== "hidden" || GOES_ALONG.includes(each.name)),
  );
  const keep = (sent) => {
    const values = typed().map((each) => [each.name, each.value, each.checked === true]);
    place.setItem(name, JSON.stringify({ at: Date.now(), sent, values }));
  };
  const restore = (draft) => {
    let other = false; // than the machine sent
    for (const each of typed()) {
      const choice = each.type === "radio" || each.type === "checkbox";
      const found = draft.values.find(([of, value]) => of === each.name && (!choice || value === each.value));
      if (!found) continue;
      other ||= each.type !== "hidden" && (choice ? each.checked !== found[2] : each.value !== found[1]);
      if (choice) each.checked = found[2];
      else each.value = found[1];
    }
    return other;
  };

  try {
    place = form && form.dataset.draft === "tab" ? sessionStorage : localStorage;
    forget((draft) => !(Date.now() - draft.at < DAY));
    if (!form) return forget((draft) => draft.sent); // a page that says it was taken in
    const draft = JSON.parse(place.getItem(name));
    if (document.getElementById("problems")) keep(false); // as the machine got it
    else if (draft) {
      const told = document.getElementById("draft");
      told.hidden = !restore(draft); // with its mark: sent twice is taken in once
      told.querySelector("button").addEventListener("click", () => {
        place.removeItem(name);
        location.reload();
      });
    }
    form.addEventListener("input", () => keep(false));
    form.addEventListener("submit", () => keep(true));
  } catch {
    // The phone keeps nothing: the page works as it is.
  }
})();
