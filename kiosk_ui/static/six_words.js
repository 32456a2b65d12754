// A receipt's QR brings its letters behind "#": they go into the form, and out of the address.
(() => {
  const brought = location.hash.slice(1);
  if (!/^[0-9A-Za-z]{10,20}$/.test(brought)) return;
  history.replaceState(null, "", location.pathname);
  document.getElementById("typed").value = brought;
})();
