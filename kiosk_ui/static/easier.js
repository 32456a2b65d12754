// While a keeper writes やさしい日本語: what is hard in it is asked for by itself, a moment after each stop.
(() => {
  for (const place of document.querySelectorAll(".easier")) {
    const field = document.getElementById(place.dataset.field);
    const csrf = field.form.elements.csrf;
    let asked = 0, waiting = 0;
    const ask = async () => {
      const mine = ++asked;
      try {
        const body = new URLSearchParams({ csrf: csrf ? csrf.value : "", text: field.value });
        const answer = await fetch(place.dataset.ask, { method: "POST", body });
        const found = answer.ok ? await answer.text() : "";
        if (answer.ok && mine === asked) place.innerHTML = found;
      } catch {
        // The machine does not answer: the button is still there.
      }
    };
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(ask, 700);
    });
  }
})();
