// The kiosk's own keyboard: under the field that is touched, for whoever has no other one.
// A real keyboard goes on working, and each key here is a button with a name.
(() => {
  const KANA = ["あいうえお", "かきくけこ", "さしすせそ", "たちつてと", "なにぬねの", "はひふへほ", "まみむめも", "や　ゆ　よ", "らりるれろ", "わをんー、"];
  const LATIN = ["1qaz@", "2wsx-", "3edc_", "4rfv.", "5tgb/", "6yhn:", "7ujm'", "8ik　　", "9ol　　", "0p　　　"];
  const DIGITS = ["1　　　　", "2　　　　", "3　　　　", "4　　　　", "5　　　　", "6　　　　", "7　　　　", "8　　　　", "9　　　　", "0-/:　"];
  const SETS = { "かな": KANA, "英字": LATIN, "数字": DIGITS };
  const TURNS = {
    "゛": ["かきくけこさしすせそたちつてとはひふへほう", "がぎぐげござじずぜぞだぢづでどばびぶべぼゔ"],
    "゜": ["はひふへほ", "ぱぴぷぺぽ"],
    "小": ["あいうえおつやゆよわ", "ぁぃぅぇぉっゃゅょゎ"],
  };
  const SHOWN = { "゛": "てんてん゛", "゜": "まる゜", "小": "小さい字" }; // a mark alone is too small to be seen
  const NAMES = { "ー": "のばす音", "、": "読点", "-": "ハイフン", "_": "下線", ".": "点", "/": "斜線", ":": "コロン", "@": "アットマーク", "'": "アポストロフィ" };
  const FIELDS = "input:is([type=text], [type=search], [type=tel], [type=url], [type=password]:not([inputmode=numeric]), :not([type])), textarea";
  let field = null, set = "かな", asked = 0, pressing = false, board = null, words = null, grid = null;

  const button = (label, does, name, kind) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    made.className = `key ${kind || ""}`;
    if (name || NAMES[label]) made.setAttribute("aria-label", name || NAMES[label]);
    made.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the caret
    made.addEventListener("click", does);
    return made;
  };
  const group = (kind, label) => {
    const made = document.createElement("div");
    made.className = kind;
    made.setAttribute("role", "group");
    made.setAttribute("aria-label", label);
    return made;
  };
  const put = (text, back = 0) => {
    const at = field.selectionStart, end = field.selectionEnd;
    const room = field.maxLength < 0 ? Infinity : field.maxLength - field.value.length + back + (end - at);
    if (text.length > room) return;
    field.setRangeText(text, at === end ? Math.max(0, at - back) : at, end, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    offer();
  };
  const turn = (mark) => {
    const last = field.value[field.selectionStart - 1] || "";
    for (const [plain, turned] of [TURNS[mark], ...Object.values(TURNS)]) {
      const at = plain.indexOf(last), was = turned.indexOf(last);
      if (last && was >= 0) {
        const base = plain[was];
        const now = TURNS[mark][0].indexOf(base);
        return put(turned === TURNS[mark][1] || now < 0 ? base : TURNS[mark][1][now], 1);
      }
      if (last && at >= 0 && plain === TURNS[mark][0]) return put(turned[at], 1);
    }
  };
  const run = () => field.type === "password" ? "" : (field.value.slice(0, field.selectionStart).match(/[ぁ-ゖー]{2,12}$/) || [""])[0];
  const offer = async () => {
    const typed = run(), mine = ++asked;
    let found = [];
    if (typed) {
      try {
        const answer = await fetch(`/kiosk/words?typed=${encodeURIComponent(typed)}`, { cache: "no-store" });
        if (answer.ok) found = await answer.json();
      } catch {
        // The machine does not answer: there are no words to offer.
      }
    }
    if (mine !== asked) return;
    words.replaceChildren(...found.map((word) => button(word, () => put(word, run().length), `${word}と書く`, "word")));
  };
  const draw = () => {
    const keys = [];
    for (let row = 0; row < 5; row += 1) {
      for (const column of SETS[set]) {
        const letter = [...column][row];
        if (letter && letter !== "　") keys.push(button(letter, () => put(letter)));
        else keys.push(document.createElement("span"));
      }
    }
    grid.replaceChildren(...(set === "数字" ? keys.filter((key) => key.tagName === "BUTTON") : keys));
    grid.className = `letters-grid ${set === "数字" ? "digits" : ""}`;
    for (const key of board.querySelectorAll(".set")) key.setAttribute("aria-pressed", key.textContent === set);
    for (const key of board.querySelectorAll(".turn")) key.disabled = set !== "かな";
  };
  const close = () => {
    if (!field) return;
    board.hidden = true;
    document.documentElement.classList.remove("typing");
    document.documentElement.style.scrollPaddingBottom = "";
    field = null;
  };
  const build = () => {
    board = group("keyboard", "文字を選ぶ");
    board.lang = "ja";
    board.setAttribute("role", "region"); // it stands beside the page's other parts
    words = group("words", "言葉の候補");
    grid = group("letters-grid", "文字");
    const tools = group("tools", "書き方");
    for (const name of Object.keys(SETS)) {
      tools.append(button(name, () => { set = name; draw(); }, "", "set"));
    }
    for (const mark of Object.keys(TURNS)) tools.append(button(SHOWN[mark], () => turn(mark), "", "turn"));
    tools.append(
      button("空白", () => put(field.tagName === "TEXTAREA" || field.type === "search" ? "　" : " "), "あいだをあける"),
      button("改行", () => put("\n"), "次の行へ", "line"),
      button("1字消す", () => put("", 1), "", "rub"),
      button("閉じる", () => { const was = field; close(); was.blur(); }, "文字の表を閉じる", "end"),
    );
    board.append(words, grid, tools);
    board.hidden = true;
    document.body.append(board);
  };
  const open = (event) => {
    const to = event.target;
    if (!(to instanceof HTMLElement) || (board && board.contains(to))) return;
    if (!to.matches(FIELDS) || to.readOnly) return pressing ? undefined : close();
    if (!board) build();
    field = to;
    field.setAttribute("inputmode", "none");
    set = { tel: "数字", password: "英字" }[field.type] || "かな";
    board.querySelector(".line").hidden = field.tagName !== "TEXTAREA";
    board.hidden = false;
    document.documentElement.classList.add("typing");
    draw();
    offer();
    document.documentElement.style.scrollPaddingBottom = `${board.offsetHeight}px`;
    field.scrollIntoView({ block: "center" });
  };
  document.addEventListener("focusin", open);
  // The page moves when the keyboard goes, so it stays until what a finger is on has been pressed.
  document.addEventListener("pointerdown", () => { pressing = true; });
  document.addEventListener("click", () => {
    pressing = false;
    if (field && document.activeElement !== field && !board.contains(document.activeElement)) close();
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  if (document.activeElement && document.activeElement.matches(FIELDS)) open({ target: document.activeElement });
})();
